// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Who is about to start which program: one record in a perf buffer for each call of execve(2). */
#include "kernel.h"
#include "helpers.h"

struct event {
	u32 pid;
	u32 uid;
	char comm[TASK_COMM_LEN];
	char filename[256];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(u32));
	__uint(value_size, sizeof(u32));
} events SEC(".maps");

SEC("tracepoint/syscalls/sys_enter_execve")
int on_execve(struct trace_event_raw_sys_enter *ctx)
{
	struct event event = {};

	event.pid = bpf_get_current_pid_tgid() >> 32;
	event.uid = (u32)bpf_get_current_uid_gid();
	bpf_get_current_comm(event.comm, sizeof(event.comm));
	bpf_probe_read_user_str(event.filename, sizeof(event.filename), (void *)ctx->args[0]);
	bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &event, sizeof(event));
	return 0;
}

LICENSE("Dual BSD/GPL");
