/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Arguments of statically defined probes, for programs in SEC("usdt/path:provider:name"). Where an
 * argument is differs from site to site; user space parses the notes of the file and writes one
 * element of usdt_specs per distinct site, whose index is the attach cookie (Linux 5.15 and later).
 */
#ifndef SKEP_USDT_H
#define SKEP_USDT_H

#include "usdt_argument.h"

#define USDT_MAX_ARGUMENTS 12

#ifndef USDT_MAX_SITES
#define USDT_MAX_SITES 256
#endif

struct usdt_spec {
	u64 cookie;	/* the user's */
	u32 count;
	u32 unused;
	struct usdt_argument arguments[USDT_MAX_ARGUMENTS];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, USDT_MAX_SITES);
	__type(key, u32);
	__type(value, struct usdt_spec);
} usdt_specs SEC(".maps");

static __always_inline struct usdt_spec *usdt_spec(void *ctx)
{
	u32 site = bpf_get_attach_cookie(ctx);

	return bpf_map_lookup_elem(&usdt_specs, &site);
}

/* The number of arguments, or a negative errno. */
static __always_inline int usdt_argument_count(void *ctx)
{
	struct usdt_spec *spec = usdt_spec(ctx);

	return spec ? (int)spec->count : -2;
}

/* What user space passed as cookie when it attached. */
static __always_inline u64 usdt_cookie(void *ctx)
{
	struct usdt_spec *spec = usdt_spec(ctx);

	return spec ? spec->cookie : 0;
}

/* Reads an argument, extended to 64 bits by its sign. Returns 0 or a negative errno. */
static __noinline int usdt_argument(struct pt_regs *ctx, u32 number, s64 *result)
{
	struct usdt_spec *spec = usdt_spec(ctx);

	*result = 0;
	if (!spec || number >= USDT_MAX_ARGUMENTS || number >= spec->count)
		return -2;
	return usdt_value(ctx, &spec->arguments[number], result);
}

#endif /* SKEP_USDT_H */
