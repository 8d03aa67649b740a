/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where an argument of a statically defined probe is, and how it is read; user space parses the notes of the file into this. */
#ifndef SKEP_USDT_ARGUMENT_H
#define SKEP_USDT_ARGUMENT_H

#include "helpers.h"

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

/* The address of an argument in user memory; 0 when it cannot be told. */
static __always_inline u64 usdt_place(void *ctx, const struct usdt_argument *argument)
{
	u64 base = 0, index = 0;

	/* The verifier allows no variable offset into the context. */
	if (bpf_probe_read_kernel(&base, sizeof(base), ctx + argument->base))
		return 0;
	if (argument->index != USDT_NO_REGISTER) {
		if (bpf_probe_read_kernel(&index, sizeof(index), ctx + argument->index))
			return 0;
		base += index << (argument->index_shift & 3);
	}
	return base + argument->value;
}

/* Reads an argument, extended to 64 bits by its sign. Returns 0 or a negative errno. */
static __always_inline int usdt_value(void *ctx, const struct usdt_argument *argument, s64 *result)
{
	u64 value = 0;
	u32 size = argument->size, shift = (64 - size * 8) & 63;
	int error;

	*result = 0;
	switch (argument->kind) {
	case USDT_CONSTANT:
		value = argument->value;
		break;
	case USDT_REGISTER:
		error = bpf_probe_read_kernel(&value, sizeof(value), ctx + argument->base);
		if (error)
			return error;
		break;
	case USDT_MEMORY:
		if (size > sizeof(value))
			return -7;
		error = bpf_probe_read_user(&value, size, (void *)usdt_place(ctx, argument));
		if (error)
			return error;
		break;
	default:
		return -95;
	}
	value <<= shift;
	*result = argument->is_signed ? (s64)value >> shift : (s64)(value >> shift);
	return 0;
}

#endif /* SKEP_USDT_ARGUMENT_H */
