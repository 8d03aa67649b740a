/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What all captures share. A capture appends what it read to the record and describes it in the table of arguments;
 * failures become flags of the argument and never lose the event. Captures are global functions: the verifier looks at
 * each one once for a program, not once for a call. They take addresses as numbers; a typed pointer of a program's
 * context becomes a number by way of slot->value.
 */
#ifndef SKEP_CAPTURE_H
#define SKEP_CAPTURE_H

#include "slot.h"

static __always_inline int describe(struct slot *slot, u32 index, u32 offset, u32 length, u32 flags, u32 extra)
{
	struct argument *argument;

	if (index >= MAX_ARGUMENTS)
		return -1;
	/* 6.1 has lost the comparison by now where the index lay on the stack meanwhile. */
	barrier_var(index);
	index &= MAX_ARGUMENTS - 1;
	argument = (struct argument *)slot->hook.data + index;
	argument->offset = offset;
	argument->length = length;
	argument->flags = flags;
	argument->extra = extra;
	slot->hook.captured |= 1U << index;
	return 0;
}

/* Appends a value of fixed size. */
static __always_inline int describe_value(struct slot *slot, u32 index, const void *value, u64 size, u32 flags)
{
	u32 offset = slot->record.length;
	u64 length = append(slot, value, size, CAPTURE_END);

	return describe(slot, index, offset, length, flags | (length < size ? ARGUMENT_CUT : 0), 0);
}

/* An argument of which nothing could be read. */
static __always_inline int describe_nothing(struct slot *slot, u32 index, u32 flags)
{
	return describe(slot, index, slot->record.length, 0, flags, 0);
}

/* The halves of the address space tell whose an address is, on x86-64 as on arm64. */
static __always_inline bool is_kernel_address(u64 address)
{
	return (s64)address < 0;
}

static __always_inline long read_memory(void *to, u64 size, u64 address)
{
	return is_kernel_address(address) ? bpf_probe_read_kernel(to, size, (void *)address)
					  : bpf_probe_read_user(to, size, (void *)address);
}

#endif
