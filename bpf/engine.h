/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the fixed programs, the generated ones and user space agree on: records, slots, processes.
 *
 * A slot is the working memory of one run of a program: an event is put together in it and leaves through
 * the ring buffer. Generated code calls the capture_* functions; each reads one argument of a hook from
 * the kernel or from user memory, appends it to the record and describes it in the record's table.
 *
 * Every offset below is known to Skep.Engine (Records/); change both together.
 */
#ifndef SKEP_ENGINE_H
#define SKEP_ENGINE_H

#include "kernel.h"
#include "helpers.h"
#include "read.h"

#define ATOM_WORDS	16	/* process atoms: 1024 bits */
#define DIGEST_FOLLOWS	(1U << 31)	/* in hook_record.captured */
#define MAX_DIGEST	64
#define MAX_ARGUMENTS	16	/* of a hook: arguments, data and the returned value */
#define MAX_MATCHES	32	/* collected before they are sent */
#define MAX_STRING	4096	/* of a path or text, without a NUL */
#define BODY_SIZE	24576	/* of a record, headers included */
#define SLOTS_PER_CPU	4
#define MAX_HOOKS	1024
#define CALL_ARGUMENTS	8	/* of a function that come in registers, at most */
#define MAX_CALLS	24	/* of a thread that have not returned */
#define USER_ARGUMENTS	8	/* of a user function that come in registers, at most */
#define MAX_NOTICES	4	/* of a thread that wait for an enforcer; a power of two */
#define MAX_USER_CALLS	32	/* of a thread that have not returned; a power of two */

enum record_kind {
	RECORD_EXEC = 1,
	RECORD_FORK = 2,
	RECORD_EXIT = 3,
	RECORD_HOOK = 4,
	RECORD_MORE = 5,	/* more bytes of the arguments or the environment of an execution */
	RECORD_CGROUP = 6,
	RECORD_DIGEST = 7,	/* of the file that a hook's record is about */
};

enum process_flags {
	PROCESS_SEEDED = 1 << 0,	/* older than the agent: start is the task's, rounded down to 10 ms */
	PROCESS_FORKED = 1 << 1,	/* has not executed a program of its own */
	PROCESS_IN_INIT_TREE = 1 << 2,	/* the first process of its pid namespace (not the host's) descends to it */
	PROCESS_NO_CWD = 1 << 3,
	PROCESS_ROOT_CWD = 1 << 4,
	PROCESS_CWD_UNREAD = 1 << 5,
	PROCESS_ARGUMENTS_CUT = 1 << 6,
	PROCESS_ARGUMENTS_UNREAD = 1 << 7,
	PROCESS_ENVIRONMENT_CUT = 1 << 8,
	PROCESS_ENVIRONMENT_UNREAD = 1 << 9,
	PROCESS_SETUID = 1 << 10,	/* the executable's bit took effect */
	PROCESS_SETGID = 1 << 11,
	PROCESS_FILE_CAPABILITIES = 1 << 12,	/* the executable's capabilities took effect */
	PROCESS_UNLINKED = 1 << 13,	/* the executable has no name left: deleted */
	PROCESS_MEMFD = 1 << 14,	/* the executable lives in anonymous memory */
	PROCESS_EXECUTABLE_UNREAD = 1 << 15,
	PROCESS_FILENAME_CUT = 1 << 16,
	PROCESS_THREAD_EXEC = 1 << 17,	/* another thread than the first one called execve */
	PROCESS_UPPER_LAYER = 1 << 19,	/* the executable lies in the upper layer of an overlay */
	PROCESS_LATE = 1 << 18,	/* of records alone: not told for its own sake, but so that user space knows the process */

	/* Kept in the kernel. */
	PROCESS_SHOWN = 1 << 28,	/* its execution was an event */
	PROCESS_NAMED = 1 << 29,	/* user space knows of it as the parent of another one */
	PROCESS_TOLD = 1 << 30,	/* user space was sent its record */
	PROCESS_EXITED = 1 << 31,	/* its end was reported */
};

#define PROCESS_PRIVATE	(PROCESS_SHOWN | PROCESS_NAMED | PROCESS_TOLD | PROCESS_EXITED)
#define PROCESS_KNOWN	(PROCESS_NAMED | PROCESS_TOLD)

/* What policies choose: of the others no record leaves the kernel. */
enum event_filter {
	FILTER_EXECUTIONS = 1 << 0,
	FILTER_EXITS = 1 << 1,
};

/* The start of every record: 64 bytes. */
struct record {
	u32 length;	/* of the whole record */
	u16 kind;
	u16 hook;	/* RECORD_HOOK: number of the hook in its generation */
	u32 generation;
	u32 flags;	/* of the process: enum process_flags */
	u64 time;	/* nanoseconds since boot, sleep included */
	u64 start;	/* with pid, the identity of the process: time of its execution, or of its fork */
	u32 pid;	/* of the initial namespace, as all pids here */
	u32 tid;
	u64 cgroup;	/* id in the hierarchy that tells containers apart */
	u64 parent_start;
	u32 parent_pid;
	u32 cpu;
};

struct credentials {
	u32 uid, gid, euid, egid, suid, sgid, fsuid, fsgid;
	u32 securebits;
	u32 user_ns;	/* inode */
	u32 user_ns_level;
	u32 user_ns_owner;	/* uid */
	u64 permitted, effective, inheritable, bounding, ambient;
};

/* Inodes, in the order of Tetragon's matchNamespaces. */
struct namespaces {
	u32 uts, ipc, mnt, pid, pid_for_children, net, time, time_for_children, cgroup, user;
};

/* RECORD_EXEC. Lengths of the parts, which follow in this order, without NULs but those inside of arguments and environment. */
struct exec_record {
	struct record record;
	struct credentials credentials;
	struct namespaces namespaces;
	u64 replaced_start;	/* start of what this process was before */
	u64 inode;
	u32 links;
	u32 mode;
	u32 auid;
	u32 session;	/* of the audit system */
	u32 pid_in_namespace;
	u32 terminal;	/* device of the controlling terminal, as /proc tells it; 0 for none */
	u32 arguments_total;	/* as the kernel has them; more than arguments_length when cut or when RECORD_MORE follow */
	u32 environment_total;
	u32 process_group;
	u32 process_session;
	u64 changed;	/* the executable, nanoseconds since 1970 */
	u64 modified;
	u16 executable_length;	/* the resolved path; of a script, its interpreter's */
	u16 filename_length;	/* as given to execve; the script's, of a script */
	u16 cwd_length;
	u16 cgroup_length;	/* name of the cgroup's directory, up to 255 bytes */
	u32 arguments_length;
	u32 environment_length;
	char comm[TASK_COMM_LEN];
	u8 data[0];
};

/* RECORD_MORE. */
struct more_record {
	struct record record;
	u32 part;	/* 0 the arguments, 1 the environment */
	u32 offset;	/* in that part */
	u32 data_length;
	u32 reserved;
	u8 data[0];
};

/* RECORD_FORK: the header is the child's, parent_* the creator's. */
struct fork_record {
	struct record record;
	u32 pid_in_namespace;
	u32 reserved;
};

/* RECORD_CGROUP: a control group was made; the header's process is not told. */
struct cgroup_record {
	struct record record;	/* cgroup is the new group's */
	u32 path_length;	/* below the root of the hierarchy */
	u32 reserved;
	u8 data[0];
};

/* RECORD_DIGEST: hook, generation, time and thread are those of the hook's record; of the process nothing is told. */
struct digest_record {
	struct record record;
	s32 algorithm;	/* include/uapi/linux/hash_info.h; or an error */
	u32 reserved;
	u8 digest[MAX_DIGEST];
};

/* RECORD_EXIT. */
struct exit_record {
	struct record record;
	u32 status;	/* as of wait(2) */
	u32 silent;	/* for the tree alone: no event, or one that a hook's record tells */
};

enum argument_flags {
	ARGUMENT_CUT = 1 << 0,
	ARGUMENT_UNREAD = 1 << 1,	/* a fault, or a null pointer where there must be none */
	ARGUMENT_UNRESOLVED = 1 << 2,	/* a path that could not be followed to the root */
	ARGUMENT_UNLINKED = 1 << 3,	/* a path without a name: deleted */
	ARGUMENT_NULL = 1 << 4,
};

/* Where an argument lies. A number is here itself, as 64 bits. */
struct argument {
	u16 offset;	/* from the record's start */
	u16 length;
	u16 flags;
	u16 extra;	/* of files and paths: i_mode */
};

/* RECORD_HOOK: the table of arguments, their bytes, and at the end the matches. */
struct hook_record {
	struct record record;
	u32 captured;	/* a bit for each argument in the table */
	u16 matches;	/* number of struct match at the record's end */
	u16 arguments;	/* size of the table */
	u8 data[0];
};

struct match {
	u32 rule;
	u32 actions;	/* what was done, enum action */
};

enum action {
	ACTION_POST = 1 << 0,
	ACTION_SIGNAL = 1 << 1,
	ACTION_OVERRIDE = 1 << 2,
	ACTION_MONITORED = 1 << 3,	/* would have been done, but the policy only monitors */
	ACTION_KERNEL_STACK = 1 << 4,
	ACTION_USER_STACK = 1 << 5,
	ACTION_WRITE = 1 << 6,	/* an argument in user memory was changed */
};

/* What captures of objects append. */
struct socket_value {
	u16 family, type, protocol, state;
	u32 mark, priority;
	u8 source[16], destination[16];	/* IPv4 in the first four bytes, network order */
	u16 source_port, destination_port;	/* host order */
	u32 interface;
	u64 address;	/* of struct sock, to follow one */
	u64 cookie;
	u32 netns;
	u32 reserved;
};

struct skb_value {
	u32 hash, length, mark, priority;
	u8 source[16], destination[16];
	u16 source_port, destination_port;
	u16 family, protocol;	/* AF_*, IPPROTO_* */
	u32 secpath_length, secpath_original_length;
	u32 interface;
	u16 ethertype;
	u16 reserved;
};

struct sockaddr_value {
	u16 family, port;	/* host order */
	u32 interface;
	u8 address[16];
};

struct sockaddr_unix_value {
	u16 family;
	u8 abstract;
	u8 reserved;
	u32 path_length;	/* the path follows */
};

struct credential_value {
	struct credentials credentials;
};

struct user_namespace_value {
	u32 inode, level, owner, group;
};

struct capability_value {
	u32 capability;
	u32 reserved;
};

struct bpf_attribute_value {
	u32 program_type, instructions;
	char name[16];
};

struct bpf_map_value {
	u32 type, key_size, value_size, max_entries;
	char name[16];
};

struct bpf_program_value {
	u32 type, instructions;
	char name[16];
};

struct perf_event_value {
	u32 type, reserved;
	u64 config, offset;
	char function[64];	/* of a kprobe */
};

struct module_value {
	u32 taints, signature_ok;
	char name[64];
};

struct device_value {
	u32 interface, reserved;
	char name[16];
};

/* What the policies of one generation ask about processes, a bit each. */
struct process_atoms {
	u64 own[ATOM_WORDS];
	u64 parents[ATOM_WORDS];	/* the parent's own */
	u64 ancestors[ATOM_WORDS];	/* what any ancestor's own bits were */
	u64 generation;	/* that these are of; 0 for none */
};

/* The kernel's side of a process, in the storage of its first thread: it lives as long as the process. */
struct process {
	u64 start;
	u64 parent_start;
	u32 pid, parent_pid;
	u32 flags;
	u32 reserved;
	u64 effective, permitted, inheritable;	/* capabilities at the last execution or change seen */
	struct namespaces namespaces;	/* likewise */
	/* By the last bit of a generation's number: while one replaces another, programs of both run. */
	struct process_atoms atoms[2];
};

/* A bit of processes: user space gives it the same number for as long as policies ask the same. */
struct atom {
	u64 name;	/* a hash of what is asked */
	u32 since;	/* first of the generations without interruption in which the bit has this meaning; 0 for none */
	u32 reserved;
};

/* A call of a hooked function that has not returned, for programs that want its arguments at its return. */
struct call {
	u64 function;	/* whose call, as its hook names it; 0 for none */
	u64 stack;	/* the stack pointer at its first instruction: no two calls in progress have the same */
	u64 argument[CALL_ARGUMENTS];
};

/* In the storage of a thread. */
struct calls {
	struct call call[MAX_CALLS];
};

/* A call of a user function that has not returned, for programs that want its arguments at its return. */
struct user_call {
	u64 function;	/* whose call, as its hook names it; 0 for none */
	u64 stack;	/* the stack pointer at its first instruction */
	u64 argument[USER_ARGUMENTS];
};

/* In the storage of a thread. */
struct user_calls {
	u32 oldest;	/* gives way when there is no room left */
	u32 reserved;
	struct user_call call[MAX_USER_CALLS];
};

/* What is to be done to a thread when it comes to a function that its policy's enforcer watches. */
struct notice {
	u64 policy;	/* a hash of its name; 0 for none */
	u32 signal;	/* 0 for none */
	s32 error;	/* in place of the function's result; 0 for none */
};

/* In the storage of a thread. */
struct notices {
	u32 oldest;	/* gives way when there is no room left */
	u32 reserved;
	struct notice notice[MAX_NOTICES];
};

/* What a program at a security hook leaves for the one behind it, which may sleep: see digest.h. */
struct digest_wanted {
	u64 time;	/* of the hook's record; 0 for none */
	u64 object;	/* the hook's first argument: the integrity subsystem may come to the same hook with another file */
	u32 hook, generation;
	s32 error;	/* what the hook returns */
	u32 reserved;
};

/* What list_processes tells of one process that the kernel has a record of. */
struct listed_process {
	u64 start, parent_start;
	u32 pid, parent_pid;
	u32 flags;
	u32 reserved;
};

/* Who a tracked socket belongs to. */
struct socket_owner {
	u64 start, parent_start;
	u32 pid, tid, parent_pid, flags;
};

/* Values that generated code looks into: members of the slot, so that the compiler writes down what they look like. */
union hook_values {
	struct socket_value socket;
	struct sockaddr_value address;
	struct sockaddr_unix_value unix_address;
	struct skb_value packet;
	struct device_value device;
};

struct slot {
	/* Private. */
	u32 number;	/* where the slot belongs, for release */
	u32 rows_known;	/* a bit for each matcher of texts that ran */
	u32 match_count;
	u32 owned;	/* a captured socket is tracked, and the event is its owner's */
	struct socket_owner owner;
	struct match match[MAX_MATCHES];
	u64 value[MAX_ARGUMENTS];	/* raw arguments of the hook */
	u64 row[MAX_ARGUMENTS];	/* results of matchers of texts, each run once */
	struct process evaluated;	/* bits appear in a process's record at once, not one after the other */
	struct process_atoms refreshed;
	u8 scratch[MAX_STRING * 2];	/* paths are built from the end of the first half; the second is the captures' */
	/* Sent. */
	union {
		struct record record;
		struct exec_record exec;
		struct more_record more;
		struct fork_record fork;
		struct exit_record exit;
		struct cgroup_record made;
		struct hook_record hook;
		union hook_values values;	/* they lie anywhere in the body */
		u8 body[BODY_SIZE];
	};
	u8 guard[MAX_STRING];	/* so that a write at any offset of the body stays inside */
};

/* Shared by generations of programs and written by user space. */
struct control {
	u32 generation;	/* the one whose programs are in force */
	u32 flags;	/* enum control_flags */
	u32 agent_pid;
	u32 argument_limit;	/* bytes of arguments of an execution that are sent */
	u32 environment_limit;
	u32 layout;	/* of the structs in maps that outlive the agent: another one's agent cannot take them over */
	u64 plan;	/* a hash of what records of this generation mean */
};

enum control_flags {
	CONTROL_ENVIRONMENT = 1 << 0,
};

/* What became of a match: bits for count_rule. */
enum rule_outcome {
	RULE_POSTED = 1 << 0,
	RULE_SIGNALLED = 1 << 1,
	RULE_OVERRIDDEN = 1 << 2,
	RULE_WOULD_SIGNAL = 1 << 3,	/* its policy only monitors */
	RULE_WOULD_OVERRIDE = 1 << 4,
	RULE_LIMITED = 1 << 5,	/* held back by a rate limit */
	RULE_NOT_POSTED = 1 << 6,	/* as the rule asks */
	RULE_NOTIFIED = 1 << 7,	/* its policy's enforcer */
	RULE_WOULD_NOTIFY = 1 << 8,
};

/* What a rule did. */
struct rule_counters {
	u64 matched;
	u64 outcomes[9];	/* by bit of enum rule_outcome */
};

struct hook_counters {
	u64 hits;	/* runs of the program */
	u64 sent;
	u64 lost_ring;	/* the ring buffer was full */
	u64 lost_slot;	/* no working memory */
	u64 limited;	/* by a rate limit */
	u64 lost_process;	/* no memory for the record of the process */
	u64 lost_call;	/* calls whose return was not seen, or that there was no room to remember */
	u64 reserved;
};

#endif
