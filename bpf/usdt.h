/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Arguments of statically defined probes, for programs in SEC("usdt/path:provider:name"). Where an
 * argument is differs from site to site; user space parses the notes of the file and writes one
 * element of usdt_specs per distinct site, whose index is the attach cookie (Linux 5.15 and later).
 */
#ifndef SKEP_USDT_H
#define SKEP_USDT_H

#include "helpers.h"

#define USDT_MAX_ARGUMENTS 12

#ifndef USDT_MAX_SITES
#define USDT_MAX_SITES 256
#endif

enum usdt_argument_kind {
	USDT_CONSTANT = 0,
	USDT_REGISTER = 1,
	USDT_MEMORY = 2,
	USDT_UNSUPPORTED = 3,
};

#define USDT_NO_REGISTER 0xffff

struct usdt_argument {
	s64 value;	/* the constant, or the displacement from the base register */
	u16 base;	/* offset of the (base) register in struct pt_regs */
	u16 index;	/* offset of the index register, or USDT_NO_REGISTER */
	u8 kind;
	u8 size;	/* 1, 2, 4 or 8 bytes */
	u8 is_signed;
	u8 index_shift;
};

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
	struct usdt_argument *argument;
	u64 value = 0, index = 0;
	u32 size, shift;
	int error;

	*result = 0;
	if (!spec || number >= USDT_MAX_ARGUMENTS || number >= spec->count)
		return -2;
	argument = &spec->arguments[number];
	switch (argument->kind) {
	case USDT_CONSTANT:
		value = argument->value;
		break;
	case USDT_REGISTER:
		/* The verifier allows no variable offset into the context. */
		error = bpf_probe_read_kernel(&value, sizeof(value), (void *)ctx + argument->base);
		if (error)
			return error;
		break;
	case USDT_MEMORY:
		error = bpf_probe_read_kernel(&value, sizeof(value), (void *)ctx + argument->base);
		if (error)
			return error;
		if (argument->index != USDT_NO_REGISTER) {
			error = bpf_probe_read_kernel(&index, sizeof(index), (void *)ctx + argument->index);
			if (error)
				return error;
			value += index << (argument->index_shift & 3);
		}
		index = value + argument->value;
		value = 0;
		size = argument->size;
		if (size > sizeof(value))
			return -7;
		error = bpf_probe_read_user(&value, size, (void *)index);
		if (error)
			return error;
		break;
	default:
		return -95;
	}
	shift = (64 - argument->size * 8) & 63;
	value <<= shift;
	*result = argument->is_signed ? (s64)value >> shift : (s64)(value >> shift);
	return 0;
}

#endif /* SKEP_USDT_H */
