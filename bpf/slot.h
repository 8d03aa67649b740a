/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Slots: claimed at a program's start, put together, sent, released. */
#ifndef SKEP_SLOT_H
#define SKEP_SLOT_H

#include "maps.h"

/* Pending bytes that are worth waking the reader for; below, its timer finds them. */
#define WAKEUP_BYTES	(256 * 1024)

/*
 * A program can be interrupted by another one on the same CPU, and preempted by one of another task, so a CPU has
 * several slots. A task that moves to another CPU keeps its slot.
 */
__hidden struct slot *slot_acquire(void)
{
	u32 cpu = bpf_get_smp_processor_id();
	u32 *use = bpf_map_lookup_elem(&slot_use, &cpu);
	struct slot *slot;
	u32 i, number;

	if (!use)
		return NULL;
	for (i = 0; i < SLOTS_PER_CPU; i++) {
		if (__sync_fetch_and_or(use, 1U << i) & (1U << i))
			continue;
		number = cpu * SLOTS_PER_CPU + i;
		slot = bpf_map_lookup_elem(&slots, &number);
		if (!slot)
			return NULL;
		slot->number = number;
		slot->rows_known = 0;
		slot->match_count = 0;
		slot->owned = 0;
		return slot;
	}
	return NULL;
}

__hidden void slot_release(struct slot *slot)
{
	u32 number = slot->number;
	u32 cpu = number / SLOTS_PER_CPU;
	u32 *use = bpf_map_lookup_elem(&slot_use, &cpu);

	if (use)
		__sync_fetch_and_and(use, ~(1U << (number % SLOTS_PER_CPU)));
}

static __always_inline u64 wakeup_flags(void)
{
	return bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) >= WAKEUP_BYTES ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
}

/* Sends the record as long as it says it is; -1 when the ring is full. */
__noinline int send(struct slot *slot)
{
	u64 length;

	if (!slot)
		return -1;
	length = slot->record.length;
	if (length < sizeof(struct record) || length > BODY_SIZE)
		return -1;
	return bpf_ringbuf_output(&events, slot->body, length, wakeup_flags()) ? -1 : 0;
}

/* Sends the record of a hook with the matches collected so far. */
int send_hook(struct slot *slot)
{
	u64 length, count;

	if (!slot)
		return -1;
	length = slot->record.length;
	count = slot->match_count;
	if (count > MAX_MATCHES)
		count = MAX_MATCHES;
	/* The matches are what the record is for: what was captured gives way. */
	if (length > BODY_SIZE - MAX_MATCHES * sizeof(struct match))
		return -1;
	bpf_probe_read_kernel(slot->body + length, count * sizeof(struct match), slot->match);
	length += count * sizeof(struct match);
	slot->hook.matches = count;
	slot->match_count = 0;
	slot->record.length = length;
	if (length < sizeof(struct record))
		return -1;
	return bpf_ringbuf_output(&events, slot->body, length, wakeup_flags()) ? -1 : 0;
}

/* Room for captures ends where the matches might begin. */
#define CAPTURE_END	(BODY_SIZE - MAX_MATCHES * sizeof(struct match))

/*
 * Appends up to MAX_STRING bytes of kernel memory to the record; returns how many.
 * What does not fit is left out and `end` says where the room ends.
 */
static __always_inline u64 append(struct slot *slot, const void *from, u64 length, u64 end)
{
	u64 at = slot->record.length;

	if (at >= end || length == 0)
		return 0;
	if (length > end - at)
		length = end - at;
	if (length > MAX_STRING)
		length = MAX_STRING;
	/* Hidden from the compiler, which would compare copies that the verifier does not connect (6.1). */
	barrier_var(at);
	barrier_var(length);
	if (at > BODY_SIZE || length > MAX_STRING)
		return 0;
	if (bpf_probe_read_kernel(slot->body + at, length, from))
		return 0;
	slot->record.length = at + length;
	return length;
}

#endif
