#pragma once

/// Calls of malloc, calloc, realloc, aligned_alloc and posix_memalign by any thread of this process so far.
long floe_allocations(void);
