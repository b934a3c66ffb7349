#pragma once

// The handshake between host and plugin. Swift has no stable binary interface on Linux, so a plugin fits only a kit of
// the same sources built by the same compiler. The text is `static inline`, hence compiled into each plugin's own file,
// where the host finds it in the bytes before it opens the file. `make stamp` rewrites the two digests: that of the
// contract (the public declarations that `import FloeSDK` brings) and that of all sources.

#define FLOE_KIT_VERSION "0.1.0"
#define FLOE_KIT_CONTRACT "f207420f36989c0f"
#define FLOE_KIT_DIGEST "71979824ad1846ba"
#define FLOE_KIT_STAMP "floe-kit|" FLOE_KIT_VERSION "|" FLOE_KIT_CONTRACT "|" FLOE_KIT_DIGEST "|" __VERSION__ "|end"

/// The stamp as compiled into the caller's file: `floe-kit|version|contract|digest|compiler|end`.
static inline const char *_Nonnull floe_kit_stamp(void) { return FLOE_KIT_STAMP; }

/// The stamp as compiled into the kit's shared library.
const char *_Nonnull floe_kit_own_stamp(void);
