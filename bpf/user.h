/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What programs at user functions need. A probe at a function's return does not see its arguments any more: one at its entry notes them, in
 * the storage of the thread, under the function and its stack pointer. What was never taken back (a longjmp, a thread that was killed) is
 * overwritten by the next call from the same place, or gives way when there is no room left.
 */
#ifndef SKEP_USER_H
#define SKEP_USER_H

#include "maps.h"
#include "usdt_argument.h"

/* Notes a call that begins. */
__hidden int user_call_begins(u64 function, u64 stack, const u64 *argument, u32 hook)
{
	struct user_calls *known = bpf_task_storage_get(&user_calls, bpf_get_current_task_btf(), NULL,
							BPF_LOCAL_STORAGE_GET_F_CREATE);
	u32 place = MAX_USER_CALLS, i, j;
	struct hook_counters *count;

	if (known) {
		for (i = 0; i < MAX_USER_CALLS; i++) {
			struct user_call *call = &known->call[i];

			if (call->function == function && call->stack == stack) {
				place = i;
				break;
			}
			if (!call->function)
				place = i;
		}
	}
	if (!known || place >= MAX_USER_CALLS) {
		count = get_counters(hook);
		if (count)
			__sync_fetch_and_add(&count->lost_call, 1);
		if (!known)
			return -1;
		place = known->oldest;
		known->oldest = place + 1;
	}
	place &= MAX_USER_CALLS - 1;
	known->call[place].function = function;
	known->call[place].stack = stack;
	for (j = 0; j < USER_ARGUMENTS; j++)
		known->call[place].argument[j] = argument[j];
	return 0;
}

/* Forgets a call that returns and tells its arguments; -1 for one that began before anybody looked. */
__hidden int user_call_returns(u64 function, u64 stack, u64 *argument)
{
	struct user_calls *known = bpf_task_storage_get(&user_calls, bpf_get_current_task_btf(), NULL, 0);
	u32 i, j;

	if (!known)
		return -1;
	for (i = 0; i < MAX_USER_CALLS; i++) {
		struct user_call *call = &known->call[i];

		if (call->function != function || call->stack != stack)
			continue;
		for (j = 0; j < USER_ARGUMENTS; j++)
			argument[j] = call->argument[j];
		call->function = 0;
		return 0;
	}
	return -1;
}

/* An argument of a statically defined probe; 0 for one that cannot be read. */
__hidden u64 usdt_read(void *ctx, const struct usdt_argument *argument)
{
	s64 value;

	usdt_value(ctx, argument, &value);
	return value;
}

/* Changes an argument that is in user memory; 0 or a negative errno. */
__hidden int usdt_write(void *ctx, const struct usdt_argument *argument, u32 value)
{
	return bpf_probe_write_user((void *)usdt_place(ctx, argument), &value, sizeof(value));
}

#endif
