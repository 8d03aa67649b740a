/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel's helper functions by number (include/uapi/linux/bpf.h: enum bpf_func_id, frozen since
 * Linux 6.2; newer functions are kfuncs, which a program declares itself with __ksym).
 */
#ifndef SKEP_CALLS_H
#define SKEP_CALLS_H

#include "uapi.h"

struct __sk_buff;
struct bpf_dynptr;
struct bpf_fib_lookup;
struct bpf_perf_event_data;
struct bpf_perf_event_value;
struct bpf_pidns_info;
struct bpf_redir_neigh;
struct bpf_sock;
struct bpf_sock_addr;
struct bpf_sock_ops;
struct bpf_sock_tuple;
struct bpf_spin_lock;
struct bpf_sysctl;
struct bpf_tcp_sock;
struct bpf_timer;
struct bpf_tunnel_key;
struct bpf_xfrm_state;
struct btf_ptr;
struct cgroup;
struct file;
struct inode;
struct iphdr;
struct ipv6hdr;
struct linux_binprm;
struct mptcp_sock;
struct path;
struct pt_regs;
struct seq_file;
struct sk_msg_md;
struct sk_reuseport_md;
struct sockaddr;
struct socket;
struct task_struct;
struct tcp6_sock;
struct tcp_request_sock;
struct tcp_sock;
struct tcp_timewait_sock;
struct tcphdr;
struct udp6_sock;
struct unix_sock;
struct xdp_md;

#define BPF_HELPER(number, result, name, ...) \
	static result (*const bpf_##name)(__VA_ARGS__) = (void *)number

BPF_HELPER(1, void *, map_lookup_elem, void *map, const void *key);
BPF_HELPER(2, long, map_update_elem, void *map, const void *key, const void *value, u64 flags);
BPF_HELPER(3, long, map_delete_elem, void *map, const void *key);
BPF_HELPER(4, long, probe_read, void *dst, u32 size, const void *address);
BPF_HELPER(5, u64, ktime_get_ns, void);
BPF_HELPER(6, long, trace_printk, const char *fmt, u32 fmt_size, ...);
BPF_HELPER(7, u32, get_prandom_u32, void);
BPF_HELPER(8, u32, get_smp_processor_id, void);
BPF_HELPER(9, long, skb_store_bytes, struct __sk_buff *skb, u32 offset, const void *from,
	   u32 len, u64 flags);
BPF_HELPER(10, long, l3_csum_replace, struct __sk_buff *skb, u32 offset, u64 from, u64 to,
	   u64 size);
BPF_HELPER(11, long, l4_csum_replace, struct __sk_buff *skb, u32 offset, u64 from, u64 to,
	   u64 flags);
BPF_HELPER(12, long, tail_call, void *ctx, void *prog_array_map, u32 index);
BPF_HELPER(13, long, clone_redirect, struct __sk_buff *skb, u32 ifindex, u64 flags);
BPF_HELPER(14, u64, get_current_pid_tgid, void);
BPF_HELPER(15, u64, get_current_uid_gid, void);
BPF_HELPER(16, long, get_current_comm, void *buf, u32 size_of_buf);
BPF_HELPER(17, u32, get_cgroup_classid, struct __sk_buff *skb);
BPF_HELPER(18, long, skb_vlan_push, struct __sk_buff *skb, __be16 vlan_proto, u16 vlan_tci);
BPF_HELPER(19, long, skb_vlan_pop, struct __sk_buff *skb);
BPF_HELPER(20, long, skb_get_tunnel_key, struct __sk_buff *skb, struct bpf_tunnel_key *key,
	   u32 size, u64 flags);
BPF_HELPER(21, long, skb_set_tunnel_key, struct __sk_buff *skb, struct bpf_tunnel_key *key,
	   u32 size, u64 flags);
BPF_HELPER(22, u64, perf_event_read, void *map, u64 flags);
BPF_HELPER(23, long, redirect, u32 ifindex, u64 flags);
BPF_HELPER(24, u32, get_route_realm, struct __sk_buff *skb);
BPF_HELPER(25, long, perf_event_output, void *ctx, void *map, u64 flags, void *data, u64 size);
BPF_HELPER(26, long, skb_load_bytes, const void *skb, u32 offset, void *to, u32 len);
BPF_HELPER(27, long, get_stackid, void *ctx, void *map, u64 flags);
BPF_HELPER(28, s64, csum_diff, __be32 *from, u32 from_size, __be32 *to, u32 to_size, __wsum seed);
BPF_HELPER(29, long, skb_get_tunnel_opt, struct __sk_buff *skb, void *opt, u32 size);
BPF_HELPER(30, long, skb_set_tunnel_opt, struct __sk_buff *skb, void *opt, u32 size);
BPF_HELPER(31, long, skb_change_proto, struct __sk_buff *skb, __be16 proto, u64 flags);
BPF_HELPER(32, long, skb_change_type, struct __sk_buff *skb, u32 type);
BPF_HELPER(33, long, skb_under_cgroup, struct __sk_buff *skb, void *map, u32 index);
BPF_HELPER(34, u32, get_hash_recalc, struct __sk_buff *skb);
BPF_HELPER(35, u64, get_current_task, void);
BPF_HELPER(36, long, probe_write_user, void *dst, const void *src, u32 len);
BPF_HELPER(37, long, current_task_under_cgroup, void *map, u32 index);
BPF_HELPER(38, long, skb_change_tail, struct __sk_buff *skb, u32 len, u64 flags);
BPF_HELPER(39, long, skb_pull_data, struct __sk_buff *skb, u32 len);
BPF_HELPER(40, s64, csum_update, struct __sk_buff *skb, __wsum csum);
BPF_HELPER(41, void, set_hash_invalid, struct __sk_buff *skb);
BPF_HELPER(42, long, get_numa_node_id, void);
BPF_HELPER(43, long, skb_change_head, struct __sk_buff *skb, u32 len, u64 flags);
BPF_HELPER(44, long, xdp_adjust_head, struct xdp_md *xdp_md, int delta);
BPF_HELPER(45, long, probe_read_str, void *dst, u32 size, const void *address);
BPF_HELPER(46, u64, get_socket_cookie, void *ctx);
BPF_HELPER(47, u32, get_socket_uid, struct __sk_buff *skb);
BPF_HELPER(48, long, set_hash, struct __sk_buff *skb, u32 hash);
BPF_HELPER(49, long, setsockopt, void *bpf_socket, int level, int optname, void *optval,
	   int optlen);
BPF_HELPER(50, long, skb_adjust_room, struct __sk_buff *skb, s32 len_diff, u32 mode, u64 flags);
BPF_HELPER(51, long, redirect_map, void *map, u32 key, u64 flags);
BPF_HELPER(52, long, sk_redirect_map, struct __sk_buff *skb, void *map, u32 key, u64 flags);
BPF_HELPER(53, long, sock_map_update, struct bpf_sock_ops *skops, void *map, void *key, u64 flags);
BPF_HELPER(54, long, xdp_adjust_meta, struct xdp_md *xdp_md, int delta);
BPF_HELPER(55, long, perf_event_read_value, void *map, u64 flags,
	   struct bpf_perf_event_value *buf, u32 buf_size);
BPF_HELPER(56, long, perf_prog_read_value, struct bpf_perf_event_data *ctx,
	   struct bpf_perf_event_value *buf, u32 buf_size);
BPF_HELPER(57, long, getsockopt, void *bpf_socket, int level, int optname, void *optval,
	   int optlen);
BPF_HELPER(58, long, override_return, struct pt_regs *regs, u64 rc);
BPF_HELPER(59, long, sock_ops_cb_flags_set, struct bpf_sock_ops *bpf_sock, int argval);
BPF_HELPER(60, long, msg_redirect_map, struct sk_msg_md *msg, void *map, u32 key, u64 flags);
BPF_HELPER(61, long, msg_apply_bytes, struct sk_msg_md *msg, u32 bytes);
BPF_HELPER(62, long, msg_cork_bytes, struct sk_msg_md *msg, u32 bytes);
BPF_HELPER(63, long, msg_pull_data, struct sk_msg_md *msg, u32 start, u32 end, u64 flags);
BPF_HELPER(64, long, bind, struct bpf_sock_addr *ctx, struct sockaddr *addr, int addr_len);
BPF_HELPER(65, long, xdp_adjust_tail, struct xdp_md *xdp_md, int delta);
BPF_HELPER(66, long, skb_get_xfrm_state, struct __sk_buff *skb, u32 index,
	   struct bpf_xfrm_state *xfrm_state, u32 size, u64 flags);
BPF_HELPER(67, long, get_stack, void *ctx, void *buf, u32 size, u64 flags);
BPF_HELPER(68, long, skb_load_bytes_relative, const void *skb, u32 offset, void *to, u32 len,
	   u32 start_header);
BPF_HELPER(69, long, fib_lookup, void *ctx, struct bpf_fib_lookup *params, int plen, u32 flags);
BPF_HELPER(70, long, sock_hash_update, struct bpf_sock_ops *skops, void *map, void *key, u64 flags);
BPF_HELPER(71, long, msg_redirect_hash, struct sk_msg_md *msg, void *map, void *key, u64 flags);
BPF_HELPER(72, long, sk_redirect_hash, struct __sk_buff *skb, void *map, void *key, u64 flags);
BPF_HELPER(73, long, lwt_push_encap, struct __sk_buff *skb, u32 type, void *hdr, u32 len);
BPF_HELPER(74, long, lwt_seg6_store_bytes, struct __sk_buff *skb, u32 offset, const void *from,
	   u32 len);
BPF_HELPER(75, long, lwt_seg6_adjust_srh, struct __sk_buff *skb, u32 offset, s32 delta);
BPF_HELPER(76, long, lwt_seg6_action, struct __sk_buff *skb, u32 action, void *param,
	   u32 param_len);
BPF_HELPER(77, long, rc_repeat, void *ctx);
BPF_HELPER(78, long, rc_keydown, void *ctx, u32 protocol, u64 scancode, u32 toggle);
BPF_HELPER(79, u64, skb_cgroup_id, struct __sk_buff *skb);
BPF_HELPER(80, u64, get_current_cgroup_id, void);
BPF_HELPER(81, void *, get_local_storage, void *map, u64 flags);
BPF_HELPER(82, long, sk_select_reuseport, struct sk_reuseport_md *reuse, void *map, void *key,
	   u64 flags);
BPF_HELPER(83, u64, skb_ancestor_cgroup_id, struct __sk_buff *skb, int ancestor_level);
BPF_HELPER(84, struct bpf_sock *, sk_lookup_tcp, void *ctx, struct bpf_sock_tuple *tuple,
	   u32 tuple_size, u64 netns, u64 flags);
BPF_HELPER(85, struct bpf_sock *, sk_lookup_udp, void *ctx, struct bpf_sock_tuple *tuple,
	   u32 tuple_size, u64 netns, u64 flags);
BPF_HELPER(86, long, sk_release, void *sock);
BPF_HELPER(87, long, map_push_elem, void *map, const void *value, u64 flags);
BPF_HELPER(88, long, map_pop_elem, void *map, void *value);
BPF_HELPER(89, long, map_peek_elem, void *map, void *value);
BPF_HELPER(90, long, msg_push_data, struct sk_msg_md *msg, u32 start, u32 len, u64 flags);
BPF_HELPER(91, long, msg_pop_data, struct sk_msg_md *msg, u32 start, u32 len, u64 flags);
BPF_HELPER(92, long, rc_pointer_rel, void *ctx, s32 rel_x, s32 rel_y);
BPF_HELPER(93, long, spin_lock, struct bpf_spin_lock *lock);
BPF_HELPER(94, long, spin_unlock, struct bpf_spin_lock *lock);
BPF_HELPER(95, struct bpf_sock *, sk_fullsock, struct bpf_sock *sk);
BPF_HELPER(96, struct bpf_tcp_sock *, tcp_sock, struct bpf_sock *sk);
BPF_HELPER(97, long, skb_ecn_set_ce, struct __sk_buff *skb);
BPF_HELPER(98, struct bpf_sock *, get_listener_sock, struct bpf_sock *sk);
BPF_HELPER(99, struct bpf_sock *, skc_lookup_tcp, void *ctx, struct bpf_sock_tuple *tuple,
	   u32 tuple_size, u64 netns, u64 flags);
BPF_HELPER(100, long, tcp_check_syncookie, void *sk, void *iph, u32 iph_len, struct tcphdr *th,
	   u32 th_len);
BPF_HELPER(101, long, sysctl_get_name, struct bpf_sysctl *ctx, char *buf, size_t buf_len,
	   u64 flags);
BPF_HELPER(102, long, sysctl_get_current_value, struct bpf_sysctl *ctx, char *buf, size_t buf_len);
BPF_HELPER(103, long, sysctl_get_new_value, struct bpf_sysctl *ctx, char *buf, size_t buf_len);
BPF_HELPER(104, long, sysctl_set_new_value, struct bpf_sysctl *ctx, const char *buf,
	   size_t buf_len);
BPF_HELPER(105, long, strtol, const char *buf, size_t buf_len, u64 flags, long *res);
BPF_HELPER(106, long, strtoul, const char *buf, size_t buf_len, u64 flags, unsigned long *res);
BPF_HELPER(107, void *, sk_storage_get, void *map, void *sk, void *value, u64 flags);
BPF_HELPER(108, long, sk_storage_delete, void *map, void *sk);
BPF_HELPER(109, long, send_signal, u32 sig);
BPF_HELPER(110, s64, tcp_gen_syncookie, void *sk, void *iph, u32 iph_len, struct tcphdr *th,
	   u32 th_len);
BPF_HELPER(111, long, skb_output, void *ctx, void *map, u64 flags, void *data, u64 size);
BPF_HELPER(112, long, probe_read_user, void *dst, u32 size, const void *address);
BPF_HELPER(113, long, probe_read_kernel, void *dst, u32 size, const void *address);
BPF_HELPER(114, long, probe_read_user_str, void *dst, u32 size, const void *address);
BPF_HELPER(115, long, probe_read_kernel_str, void *dst, u32 size, const void *address);
BPF_HELPER(116, long, tcp_send_ack, void *tp, u32 rcv_nxt);
BPF_HELPER(117, long, send_signal_thread, u32 sig);
BPF_HELPER(118, u64, jiffies64, void);
BPF_HELPER(119, long, read_branch_records, struct bpf_perf_event_data *ctx, void *buf, u32 size,
	   u64 flags);
BPF_HELPER(120, long, get_ns_current_pid_tgid, u64 dev, u64 ino, struct bpf_pidns_info *nsdata,
	   u32 size);
BPF_HELPER(121, long, xdp_output, void *ctx, void *map, u64 flags, void *data, u64 size);
BPF_HELPER(122, u64, get_netns_cookie, void *ctx);
BPF_HELPER(123, u64, get_current_ancestor_cgroup_id, int ancestor_level);
BPF_HELPER(124, long, sk_assign, void *ctx, void *sk, u64 flags);
BPF_HELPER(125, u64, ktime_get_boot_ns, void);
BPF_HELPER(126, long, seq_printf, struct seq_file *m, const char *fmt, u32 fmt_size,
	   const void *data, u32 data_len);
BPF_HELPER(127, long, seq_write, struct seq_file *m, const void *data, u32 len);
BPF_HELPER(128, u64, sk_cgroup_id, void *sk);
BPF_HELPER(129, u64, sk_ancestor_cgroup_id, void *sk, int ancestor_level);
BPF_HELPER(130, long, ringbuf_output, void *ringbuf, void *data, u64 size, u64 flags);
BPF_HELPER(131, void *, ringbuf_reserve, void *ringbuf, u64 size, u64 flags);
BPF_HELPER(132, void, ringbuf_submit, void *data, u64 flags);
BPF_HELPER(133, void, ringbuf_discard, void *data, u64 flags);
BPF_HELPER(134, u64, ringbuf_query, void *ringbuf, u64 flags);
BPF_HELPER(135, long, csum_level, struct __sk_buff *skb, u64 level);
BPF_HELPER(136, struct tcp6_sock *, skc_to_tcp6_sock, void *sk);
BPF_HELPER(137, struct tcp_sock *, skc_to_tcp_sock, void *sk);
BPF_HELPER(138, struct tcp_timewait_sock *, skc_to_tcp_timewait_sock, void *sk);
BPF_HELPER(139, struct tcp_request_sock *, skc_to_tcp_request_sock, void *sk);
BPF_HELPER(140, struct udp6_sock *, skc_to_udp6_sock, void *sk);
BPF_HELPER(141, long, get_task_stack, struct task_struct *task, void *buf, u32 size, u64 flags);
BPF_HELPER(142, long, load_hdr_opt, struct bpf_sock_ops *skops, void *searchby_res, u32 len,
	   u64 flags);
BPF_HELPER(143, long, store_hdr_opt, struct bpf_sock_ops *skops, const void *from, u32 len,
	   u64 flags);
BPF_HELPER(144, long, reserve_hdr_opt, struct bpf_sock_ops *skops, u32 len, u64 flags);
BPF_HELPER(145, void *, inode_storage_get, void *map, void *inode, void *value, u64 flags);
BPF_HELPER(146, int, inode_storage_delete, void *map, void *inode);
BPF_HELPER(147, long, d_path, struct path *path, char *buf, u32 sz);
BPF_HELPER(148, long, copy_from_user, void *dst, u32 size, const void *user_ptr);
BPF_HELPER(149, long, snprintf_btf, char *str, u32 str_size, struct btf_ptr *ptr,
	   u32 btf_ptr_size, u64 flags);
BPF_HELPER(150, long, seq_printf_btf, struct seq_file *m, struct btf_ptr *ptr, u32 ptr_size,
	   u64 flags);
BPF_HELPER(151, u64, skb_cgroup_classid, struct __sk_buff *skb);
BPF_HELPER(152, long, redirect_neigh, u32 ifindex, struct bpf_redir_neigh *params, int plen,
	   u64 flags);
BPF_HELPER(153, void *, per_cpu_ptr, const void *percpu_ptr, u32 cpu);
BPF_HELPER(154, void *, this_cpu_ptr, const void *percpu_ptr);
BPF_HELPER(155, long, redirect_peer, u32 ifindex, u64 flags);
BPF_HELPER(156, void *, task_storage_get, void *map, struct task_struct *task, void *value,
	   u64 flags);
BPF_HELPER(157, long, task_storage_delete, void *map, struct task_struct *task);
BPF_HELPER(158, struct task_struct *, get_current_task_btf, void);
BPF_HELPER(159, long, bprm_opts_set, struct linux_binprm *bprm, u64 flags);
BPF_HELPER(160, u64, ktime_get_coarse_ns, void);
BPF_HELPER(161, long, ima_inode_hash, struct inode *inode, void *dst, u32 size);
BPF_HELPER(162, struct socket *, sock_from_file, struct file *file);
BPF_HELPER(163, long, check_mtu, void *ctx, u32 ifindex, u32 *mtu_len, s32 len_diff, u64 flags);
BPF_HELPER(164, long, for_each_map_elem, void *map, void *callback_fn, void *callback_ctx,
	   u64 flags);
BPF_HELPER(165, long, snprintf, char *str, u32 str_size, const char *fmt, u64 *data, u32 data_len);
BPF_HELPER(166, long, sys_bpf, u32 cmd, void *attr, u32 attr_size);
BPF_HELPER(167, long, btf_find_by_name_kind, char *name, int name_sz, u32 kind, int flags);
BPF_HELPER(168, long, sys_close, u32 fd);
BPF_HELPER(169, long, timer_init, struct bpf_timer *timer, void *map, u64 flags);
BPF_HELPER(170, long, timer_set_callback, struct bpf_timer *timer, void *callback_fn);
BPF_HELPER(171, long, timer_start, struct bpf_timer *timer, u64 nsecs, u64 flags);
BPF_HELPER(172, long, timer_cancel, struct bpf_timer *timer);
BPF_HELPER(173, u64, get_func_ip, void *ctx);
BPF_HELPER(174, u64, get_attach_cookie, void *ctx);
BPF_HELPER(175, struct pt_regs *, task_pt_regs, struct task_struct *task);
BPF_HELPER(176, long, get_branch_snapshot, void *entries, u32 size, u64 flags);
BPF_HELPER(177, long, trace_vprintk, const char *fmt, u32 fmt_size, const void *data, u32 data_len);
BPF_HELPER(178, struct unix_sock *, skc_to_unix_sock, void *sk);
BPF_HELPER(179, long, kallsyms_lookup_name, const char *name, int name_sz, int flags, u64 *res);
BPF_HELPER(180, long, find_vma, struct task_struct *task, u64 addr, void *callback_fn,
	   void *callback_ctx, u64 flags);
BPF_HELPER(181, long, loop, u32 nr_loops, void *callback_fn, void *callback_ctx, u64 flags);
BPF_HELPER(182, long, strncmp, const char *s1, u32 s1_sz, const char *s2);
BPF_HELPER(183, long, get_func_arg, void *ctx, u32 n, u64 *value);
BPF_HELPER(184, long, get_func_ret, void *ctx, u64 *value);
BPF_HELPER(185, long, get_func_arg_cnt, void *ctx);
BPF_HELPER(186, int, get_retval, void);
BPF_HELPER(187, int, set_retval, int retval);
BPF_HELPER(188, u64, xdp_get_buff_len, struct xdp_md *xdp_md);
BPF_HELPER(189, long, xdp_load_bytes, struct xdp_md *xdp_md, u32 offset, void *buf, u32 len);
BPF_HELPER(190, long, xdp_store_bytes, struct xdp_md *xdp_md, u32 offset, void *buf, u32 len);
BPF_HELPER(191, long, copy_from_user_task, void *dst, u32 size, const void *user_ptr,
	   struct task_struct *tsk, u64 flags);
BPF_HELPER(192, long, skb_set_tstamp, struct __sk_buff *skb, u64 tstamp, u32 tstamp_type);
BPF_HELPER(193, long, ima_file_hash, struct file *file, void *dst, u32 size);
BPF_HELPER(194, void *, kptr_xchg, void *map_value, void *ptr);
BPF_HELPER(195, void *, map_lookup_percpu_elem, void *map, const void *key, u32 cpu);
BPF_HELPER(196, struct mptcp_sock *, skc_to_mptcp_sock, void *sk);
BPF_HELPER(197, long, dynptr_from_mem, void *data, u32 size, u64 flags, struct bpf_dynptr *ptr);
BPF_HELPER(198, long, ringbuf_reserve_dynptr, void *ringbuf, u32 size, u64 flags,
	   struct bpf_dynptr *ptr);
BPF_HELPER(199, void, ringbuf_submit_dynptr, struct bpf_dynptr *ptr, u64 flags);
BPF_HELPER(200, void, ringbuf_discard_dynptr, struct bpf_dynptr *ptr, u64 flags);
BPF_HELPER(201, long, dynptr_read, void *dst, u32 len, struct bpf_dynptr *src, u32 offset,
	   u64 flags);
BPF_HELPER(202, long, dynptr_write, struct bpf_dynptr *dst, u32 offset, void *src, u32 len,
	   u64 flags);
BPF_HELPER(203, void *, dynptr_data, struct bpf_dynptr *ptr, u32 offset, u32 len);
BPF_HELPER(204, s64, tcp_raw_gen_syncookie_ipv4, struct iphdr *iph, struct tcphdr *th, u32 th_len);
BPF_HELPER(205, s64, tcp_raw_gen_syncookie_ipv6, struct ipv6hdr *iph, struct tcphdr *th,
	   u32 th_len);
BPF_HELPER(206, long, tcp_raw_check_syncookie_ipv4, struct iphdr *iph, struct tcphdr *th);
BPF_HELPER(207, long, tcp_raw_check_syncookie_ipv6, struct ipv6hdr *iph, struct tcphdr *th);
BPF_HELPER(208, u64, ktime_get_tai_ns, void);
BPF_HELPER(209, long, user_ringbuf_drain, void *map, void *callback_fn, void *ctx, u64 flags);
BPF_HELPER(210, void *, cgrp_storage_get, void *map, struct cgroup *cgroup, void *value, u64 flags);
BPF_HELPER(211, long, cgrp_storage_delete, void *map, struct cgroup *cgroup);

#undef BPF_HELPER

#endif
