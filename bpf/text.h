/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Captures of texts and of bytes. */
#ifndef SKEP_TEXT_H
#define SKEP_TEXT_H

#include "capture.h"

#define MAX_SEGMENTS	64
#define MAX_BUFFER_PIECES	(BODY_SIZE / MAX_STRING + 1)

static __always_inline int capture_string(struct slot *slot, u32 index, u64 address)
{
	u64 at = slot->record.length, room, length;
	u32 flags = 0;
	u8 next = 0;
	long read;

	if (!address)
		return describe_nothing(slot, index, ARGUMENT_NULL);
	if (at >= CAPTURE_END)
		return describe_nothing(slot, index, ARGUMENT_CUT);
	/* With a byte for the NUL, which does not stay. */
	room = CAPTURE_END - at + 1;
	if (room > MAX_STRING + 1)
		room = MAX_STRING + 1;
	barrier_var(at);
	barrier_var(room);
	if (at > BODY_SIZE - 1 || room > MAX_STRING + 1)
		return -1;
	if (is_kernel_address(address))
		read = bpf_probe_read_kernel_str(slot->body + at, room, (void *)address);
	else
		read = bpf_probe_read_user_str(slot->body + at, room, (void *)address);
	if (read < 0)
		return describe_nothing(slot, index, ARGUMENT_UNREAD);
	length = read > 0 ? read - 1 : 0;
	if (length + 1 >= room && (read_memory(&next, 1, address + length) || next))
		flags = ARGUMENT_CUT;
	slot->record.length = at + length;
	return describe(slot, index, at, length, flags, 0);
}

/* A text that ends with a NUL, in kernel or user memory. */
int capture_text(struct slot *slot, u32 index, u64 value, u64 extra)
{
	return slot ? capture_string(slot, index, value) : -1;
}

/* A text by a struct filename. */
int capture_filename(struct slot *slot, u32 index, u64 value, u64 extra)
{
	struct filename *filename = (void *)value;

	if (!slot)
		return -1;
	return capture_string(slot, index, (u64)BPF_CORE_READ(filename, name));
}

/*
 * How far captures of bytes have come. In the scratch's second half and not on the stack, where 6.7 and later would follow
 * each value of the numbers through each step of a loop.
 */
struct pieces {
	u64 address;
	u64 left;
	u64 total;
	u64 flags;
};

struct segments {
	u64 vector;
	u64 count;
	u64 skip;	/* bytes of the first one */
	u64 left;	/* of the limit */
	u64 total;
	u64 flags;
};

#define PIECES(slot)	((struct pieces *)((slot)->scratch + MAX_STRING))
#define SEGMENTS(slot)	((struct segments *)((slot)->scratch + MAX_STRING + sizeof(struct pieces)))

static long piece_step(u32 number, void *context)
{
	struct slot *slot = *(struct slot **)context;
	struct pieces *pieces = PIECES(slot);
	u64 at = slot->record.length, length = pieces->left, address = pieces->address;
	long failed;

	if (length == 0)
		return 1;
	if (at >= CAPTURE_END) {
		pieces->flags = ARGUMENT_CUT;
		return 1;
	}
	if (length > CAPTURE_END - at)
		length = CAPTURE_END - at;
	if (length > MAX_STRING)
		length = MAX_STRING;
	barrier_var(at);
	barrier_var(length);
	if (at > BODY_SIZE || length > MAX_STRING)
		return 1;
	failed = read_memory(slot->body + at, length, address);
	if (failed) {
		pieces->flags = ARGUMENT_UNREAD;
		return 1;
	}
	slot->record.length = at + length;
	pieces->address = address + length;
	pieces->left -= length;
	pieces->total += length;
	return 0;
}

/* What append_memory returns. */
#define APPENDED(result)	((u32)(result))
#define APPEND_FLAGS(result)	((u32)((result) >> 32))

/*
 * Appends up to `limit` bytes at an address, a few thousand at a time. Returns how many and, shifted by 32, flags.
 * A function of its own, so that the verifier looks at it once for all captures that call it.
 */
__noinline u64 append_memory(struct slot *slot, u64 address, u64 limit)
{
	struct pieces *pieces;

	if (!slot)
		return 0;
	pieces = PIECES(slot);
	pieces->address = address;
	pieces->left = limit;
	pieces->total = 0;
	pieces->flags = 0;
	bpf_loop(MAX_BUFFER_PIECES, piece_step, &slot, 0);
	return pieces->total | pieces->flags << 32;
}

/* Of a buffer's bytes and segments: how many there are in the low half, how many to take at most in the high one (0: MAX_STRING). */
static __always_inline u64 limit_of(u64 extra)
{
	return extra >> 32 ? extra >> 32 : MAX_STRING;
}

/* Bytes in kernel or user memory; extra is their number and, shifted by 32, the limit. */
int capture_buffer(struct slot *slot, u32 index, u64 value, u64 extra)
{
	u64 length = (u32)extra, limit = limit_of(extra), appended;
	u32 flags = 0, offset;

	if (!slot)
		return -1;
	if (!value && length)
		return describe_nothing(slot, index, ARGUMENT_NULL);
	/* A negative number: a call that failed. */
	if ((s32)length < 0)
		length = 0;
	if (length > limit) {
		length = limit;
		flags |= ARGUMENT_CUT;
	}
	offset = slot->record.length;
	appended = append_memory(slot, value, length);
	return describe(slot, index, offset, APPENDED(appended), flags | APPEND_FLAGS(appended), 0);
}

static long segment_step(u32 number, void *context)
{
	struct slot *slot = *(struct slot **)context;
	struct segments *segments = SEGMENTS(slot);
	struct iovec segment;
	u64 length, taken;
	u32 flags = 0;

	if (number >= segments->count)
		return 1;
	if (read_memory(&segment, sizeof(segment), segments->vector + (u64)number * sizeof(segment))) {
		segments->flags |= ARGUMENT_UNREAD;
		return 1;
	}
	length = segment.iov_len;
	if (segments->skip) {
		taken = segments->skip;
		if (taken > length)
			taken = length;
		segments->skip -= taken;
		length -= taken;
		segment.iov_base += taken;
	}
	if (length > segments->left) {
		length = segments->left;
		flags |= ARGUMENT_CUT;
	}
	taken = append_memory(slot, (u64)segment.iov_base, length);
	segments->left -= APPENDED(taken);
	segments->total += APPENDED(taken);
	flags |= APPEND_FLAGS(taken);
	segments->flags |= flags;
	return flags ? 1 : 0;
}

static __always_inline int capture_segments(struct slot *slot, u32 index, u64 vector, u64 count, u64 skip, u64 limit)
{
	struct segments *segments = SEGMENTS(slot);
	u32 offset = slot->record.length;

	segments->vector = vector;
	segments->count = count;
	segments->skip = skip;
	segments->left = limit;
	segments->total = 0;
	segments->flags = count > MAX_SEGMENTS ? ARGUMENT_CUT : 0;
	bpf_loop(MAX_SEGMENTS, segment_step, &slot, 0);
	return describe(slot, index, offset, segments->total, segments->flags, 0);
}

/* Bytes of an array of iovec; extra is the number of segments and, shifted by 32, the limit of bytes. */
int capture_iovec(struct slot *slot, u32 index, u64 value, u64 extra)
{
	if (!slot)
		return -1;
	if (!value)
		return describe_nothing(slot, index, ARGUMENT_NULL);
	return capture_segments(slot, index, value, (u32)extra, 0, limit_of(extra));
}

/* Bytes of a struct iov_iter; extra shifted by 32 is the limit. */
int capture_iov_iter(struct slot *slot, u32 index, u64 value, u64 extra)
{
	struct iov_iter *iter = (void *)value;
	u64 limit = limit_of(extra), count, skip, vector;
	u32 type, flags = 0, offset;

	if (!slot)
		return -1;
	if (!iter)
		return describe_nothing(slot, index, ARGUMENT_NULL);
	type = BPF_CORE_READ(iter, iter_type);
	count = BPF_CORE_READ(iter, count);
	skip = BPF_CORE_READ(iter, iov_offset);
	if (count < limit)
		limit = count;
	else if (count > limit)
		flags |= ARGUMENT_CUT;
	if (bpf_core_enum_value_exists(enum iter_type, ITER_UBUF) &&
	    type == bpf_core_enum_value(enum iter_type, ITER_UBUF)) {
		offset = slot->record.length;
		count = append_memory(slot, (u64)BPF_CORE_READ(iter, ubuf) + skip, limit);
		return describe(slot, index, offset, APPENDED(count), flags | APPEND_FLAGS(count), 0);
	}
	if (type != bpf_core_enum_value(enum iter_type, ITER_IOVEC) &&
	    type != bpf_core_enum_value(enum iter_type, ITER_KVEC))
		return describe_nothing(slot, index, ARGUMENT_UNREAD);
	if (bpf_core_field_exists(struct iov_iter, __iov))
		vector = (u64)BPF_CORE_READ(iter, __iov);
	else
		vector = (u64)BPF_CORE_READ((struct iov_iter___before_6_4 *)iter, iov);
	return capture_segments(slot, index, vector, BPF_CORE_READ(iter, nr_segs), skip, limit);
}

#define EACH_BYTE	0x0101010101010101ULL

/* The arguments end with a NUL each: all but the last one become blanks, eight bytes at a time. */
static long blank_step(u32 index, void *context)
{
	struct slot *slot = *(struct slot **)context;
	u64 at = slot->value[MAX_ARGUMENTS - 1] + index * sizeof(u64), word, nuls;

	barrier_var(at);
	if (at > BODY_SIZE - sizeof(u64))
		return 1;
	word = *(u64 *)(slot->body + at);
	/* The highest bit of each byte that is 0, exactly. */
	nuls = ~(((word & EACH_BYTE * 0x7f) + EACH_BYTE * 0x7f) | word | EACH_BYTE * 0x7f);
	*(u64 *)(slot->body + at) = word | nuls >> 2;
	return 0;
}

/* All arguments of the current process in one text, the program's own name first. */
int capture_arguments(struct slot *slot, u32 index, u64 value, u64 extra)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u64 start, length, at, kept;
	u32 flags = 0;

	if (!slot)
		return -1;
	start = READ(task, mm, arg_start);
	length = READ(task, mm, arg_end) - start;
	if (!start)
		return describe_nothing(slot, index, ARGUMENT_NULL);
	/* The last one's NUL is no part of the text. */
	if (length)
		length--;
	if (length > MAX_STRING) {
		length = MAX_STRING;
		flags = ARGUMENT_CUT;
	}
	at = (slot->record.length + sizeof(u64) - 1) & ~(sizeof(u64) - 1);
	if (at + length > CAPTURE_END)
		return describe_nothing(slot, index, ARGUMENT_CUT);
	barrier_var(at);
	barrier_var(length);
	if (at > BODY_SIZE || length > MAX_STRING)
		return -1;
	if (bpf_probe_read_user(slot->body + at, length, (void *)start))
		return describe_nothing(slot, index, ARGUMENT_UNREAD);
	/* What the hook is about lies in the first places of `value`. */
	kept = slot->value[MAX_ARGUMENTS - 1];
	slot->value[MAX_ARGUMENTS - 1] = at;
	bpf_loop((length + sizeof(u64) - 1) / sizeof(u64), blank_step, &slot, 0);
	slot->value[MAX_ARGUMENTS - 1] = kept;
	slot->record.length = at + length;
	return describe(slot, index, at, length, flags, 0);
}

/* Steps over the arguments of the current process. In the scratch's second half, for the reason that struct pieces gives. */
struct argument_search {
	u64 at;
	u64 end;
	u64 left;	/* arguments to step over */
};

#define SEARCH(slot)	((struct argument_search *)((slot)->scratch + MAX_STRING))
#define MAX_ARGUMENT_STEPS	1024

static long argument_step(u32 number, void *context)
{
	struct slot *slot = *(struct slot **)context;
	struct argument_search *search = SEARCH(slot);
	long length;

	if (!search->left || search->at >= search->end)
		return 1;
	length = bpf_probe_read_user_str(slot->scratch, MAX_STRING, (void *)search->at);
	if (length < 0)
		return 1;
	/* Without the NUL of an empty text, up to 6.12 (mm/maccess.c: strncpy_from_user_nofault). */
	if (!length)
		length = 1;
	/* One that is longer takes several steps. */
	if (length == MAX_STRING)
		length--;
	else
		search->left--;
	search->at += length;
	return 0;
}

/* One argument of the current process, by its number in extra; the program's own name has number 0. One that is not there is an empty text. */
int capture_argument(struct slot *slot, u32 index, u64 value, u64 extra)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct argument_search *search;

	if (!slot)
		return -1;
	search = SEARCH(slot);
	search->at = READ(task, mm, arg_start);
	search->end = READ(task, mm, arg_end);
	search->left = extra;
	bpf_loop(MAX_ARGUMENT_STEPS, argument_step, &slot, 0);
	search = SEARCH(slot);
	if (search->left || search->at >= search->end)
		return describe_nothing(slot, index, ARGUMENT_NULL);
	return capture_string(slot, index, search->at);
}

#endif
