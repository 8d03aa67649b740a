/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Calls in progress. A breakpoint at a function's return does not see its arguments any more: one at its entry notes them, in the storage of
 * the thread. Calls are told apart by the stack pointer, which grows down: whatever was called from below the present one on the same stack
 * has returned, whether its return was seen or not. Interrupts have stacks of their own, and end before what they interrupted goes on.
 */
#ifndef SKEP_CALL_H
#define SKEP_CALL_H

#include "maps.h"

#define STACK_MASK	16383UL	/* THREAD_SIZE - 1: stacks are aligned to their size, which is this or a multiple */

static __always_inline void count_lost_call(u32 hook)
{
	struct hook_counters *count = get_counters(hook);

	if (count)
		__sync_fetch_and_add(&count->lost_call, 1);
}

/* Notes a call that begins. */
__hidden int call_begins(u64 function, u64 stack, const u64 *argument, u32 hook)
{
	struct calls *known = bpf_task_storage_get(&calls, bpf_get_current_task_btf(), NULL,
						   BPF_LOCAL_STORAGE_GET_F_CREATE);
	u32 room = MAX_CALLS, i, j;

	if (known) {
		for (i = 0; i < MAX_CALLS; i++) {
			struct call *call = &known->call[i];

			if (call->function &&
			    ((call->function == function && call->stack == stack) ||
			     (call->stack < stack && (call->stack & ~STACK_MASK) == (stack & ~STACK_MASK)))) {
				call->function = 0;
				count_lost_call(hook);
			}
			if (!call->function)
				room = i;
		}
		if (room < MAX_CALLS) {
			struct call *call = &known->call[room];

			call->function = function;
			call->stack = stack;
			for (j = 0; j < CALL_ARGUMENTS; j++)
				call->argument[j] = argument[j];
			return 0;
		}
	}
	count_lost_call(hook);
	return -1;
}

/* Forgets a call that returns and tells its arguments; -1 for one that began before anybody looked. */
__hidden int call_returns(u64 function, u64 stack, u64 *argument)
{
	struct calls *known = bpf_task_storage_get(&calls, bpf_get_current_task_btf(), NULL, 0);
	u32 i, j;

	if (!known)
		return -1;
	for (i = 0; i < MAX_CALLS; i++) {
		struct call *call = &known->call[i];

		if (call->function != function || call->stack != stack)
			continue;
		for (j = 0; j < CALL_ARGUMENTS; j++)
			argument[j] = call->argument[j];
		call->function = 0;
		return 0;
	}
	return -1;
}

#endif
