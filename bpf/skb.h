/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Captures of packets and of the devices that they pass. */
#ifndef SKEP_SKB_H
#define SKEP_SKB_H

#include "capture.h"

#define IPPROTO_SCTP	132
#define IPPROTO_UDPLITE	136

static __always_inline bool has_ports(u32 protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP ||
	       protocol == IPPROTO_UDPLITE;
}

static __always_inline void read_addresses(struct skb_value *value, struct sk_buff *skb)
{
	u64 network = (u64)BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, network_header);
	u64 transport = (u64)BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, transport_header);
	u8 first = 0, protocol = 0;
	__be16 ports[2] = {};

	if (bpf_probe_read_kernel(&first, 1, (void *)network))
		return;
	/* The version, for skb->protocol is not set everywhere that a packet is seen. */
	switch (first >> 4) {
	case 4:
		value->family = AF_INET;
		bpf_probe_read_kernel(&protocol, 1, (void *)network + 9);
		bpf_probe_read_kernel(value->source, 4, (void *)network + 12);
		bpf_probe_read_kernel(value->destination, 4, (void *)network + 16);
		transport = network + (first & 15) * 4;
		break;
	case 6:
		value->family = AF_INET6;
		bpf_probe_read_kernel(&protocol, 1, (void *)network + 6);
		bpf_probe_read_kernel(value->source, 16, (void *)network + 8);
		bpf_probe_read_kernel(value->destination, 16, (void *)network + 24);
		if (has_ports(protocol))
			transport = network + 40;
		break;
	default:
		return;
	}
	value->protocol = protocol;
	if (has_ports(protocol) && bpf_probe_read_kernel(ports, sizeof(ports), (void *)transport) == 0) {
		value->source_port = bpf_ntohs(ports[0]);
		value->destination_port = bpf_ntohs(ports[1]);
	}
}

/* A struct sk_buff. */
int capture_skb(struct slot *slot, u32 index, u64 value, u64 extra)
{
	struct sk_buff *skb = (void *)value;
	struct skb_value to = {};
	struct skb_ext *extensions;
	struct sec_path *security;
	u8 chunk = 0;
	u32 number;

	if (!slot)
		return -1;
	if (!skb)
		return describe_nothing(slot, index, ARGUMENT_NULL);
	if (BPF_CORE_READ_INTO(&to.length, skb, len))
		return describe_nothing(slot, index, ARGUMENT_UNREAD);
	to.hash = BPF_CORE_READ(skb, hash);
	to.mark = BPF_CORE_READ(skb, mark);
	to.priority = BPF_CORE_READ(skb, priority);
	to.ethertype = bpf_ntohs(BPF_CORE_READ(skb, protocol));
	to.interface = BPF_CORE_READ(skb, dev, ifindex);
	read_addresses(&to, skb);
	/* The kernel may be built without IPsec. */
	if (bpf_core_enum_value_exists(enum skb_ext_id, SKB_EXT_SEC_PATH) && bpf_core_type_exists(struct sec_path)) {
		number = bpf_core_enum_value(enum skb_ext_id, SKB_EXT_SEC_PATH);
		if (BPF_CORE_READ(skb, active_extensions) & (1U << (number & 31))) {
			extensions = BPF_CORE_READ(skb, extensions);
			bpf_probe_read_kernel(&chunk, 1, (void *)extensions + number +
							 bpf_core_field_offset(struct skb_ext, offset));
			security = (void *)extensions + chunk * 8;
			to.secpath_length = BPF_CORE_READ(security, len);
			to.secpath_original_length = BPF_CORE_READ(security, olen);
		}
	}
	return describe_value(slot, index, &to, sizeof(to), 0);
}

/* A struct net_device. */
int capture_net_device(struct slot *slot, u32 index, u64 value, u64 extra)
{
	struct net_device *device = (void *)value;
	struct device_value to = {};

	if (!slot)
		return -1;
	if (!device)
		return describe_nothing(slot, index, ARGUMENT_NULL);
	if (BPF_CORE_READ_STR_INTO(&to.name, device, name) < 0)
		return describe_nothing(slot, index, ARGUMENT_UNREAD);
	to.interface = BPF_CORE_READ(device, ifindex);
	return describe_value(slot, index, &to, sizeof(to), 0);
}

#endif
