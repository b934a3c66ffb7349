#include "floe_stamp.h"

const char *floe_kit_own_stamp(void) { return FLOE_KIT_STAMP; }
