/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Notices: a rule at one hook has something done to the same thread at another one, where more can be done about it. One of each policy waits
 * at a time, until the thread comes there, the policy takes it back, or the thread ends.
 */
#ifndef SKEP_NOTICE_H
#define SKEP_NOTICE_H

#include "maps.h"

/* Leaves one; -1 when there is no memory for it. */
__hidden int notice_leave(u64 policy, u32 signal, s32 error)
{
	struct notices *known = bpf_task_storage_get(&notices, bpf_get_current_task_btf(), NULL,
						     BPF_LOCAL_STORAGE_GET_F_CREATE);
	u32 place = MAX_NOTICES, i;

	if (!known)
		return -1;
	for (i = 0; i < MAX_NOTICES; i++) {
		if (known->notice[i].policy == policy) {
			place = i;
			break;
		}
		if (!known->notice[i].policy)
			place = i;
	}
	if (place >= MAX_NOTICES) {
		place = known->oldest;
		known->oldest = place + 1;
	}
	place &= MAX_NOTICES - 1;
	known->notice[place].policy = policy;
	known->notice[place].signal = signal;
	known->notice[place].error = error;
	return 0;
}

/* Takes a policy's own: the signal in the upper half, the error in the lower one; 0 when there is none. */
__hidden u64 notice_take(u64 policy)
{
	struct notices *known = bpf_task_storage_get(&notices, bpf_get_current_task_btf(), NULL, 0);
	u64 found;
	u32 i;

	if (!known)
		return 0;
	for (i = 0; i < MAX_NOTICES; i++) {
		struct notice *notice = &known->notice[i];

		if (notice->policy != policy)
			continue;
		found = (u64)notice->signal << 32 | (u32)notice->error;
		notice->policy = 0;
		return found;
	}
	return 0;
}

#endif
