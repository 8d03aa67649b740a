namespace Skep.Bpf.KernelTests;

/// <summary>Our names of kernel structs and fields, beside the kernel's: <c>struct = kernel type [path of the arm]</c>, then <c>field = path</c> pairs.</summary>
static class InteropLayouts
{
    public const string Text = """
        MapCreateAttr = bpf_attr
            MapType=map_type KeySize=key_size ValueSize=value_size MaxEntries=max_entries MapFlags=map_flags InnerMapFd=inner_map_fd
            NumaNode=numa_node MapName=map_name MapIfIndex=map_ifindex BtfFd=btf_fd BtfKeyTypeId=btf_key_type_id
            BtfValueTypeId=btf_value_type_id BtfVmlinuxValueTypeId=btf_vmlinux_value_type_id MapExtra=map_extra
            ValueTypeBtfObjFd=value_type_btf_obj_fd MapTokenFd=map_token_fd
        MapElementAttr = bpf_attr
            MapFd=map_fd Key=key Value=value NextKey=next_key Flags=flags
        MapBatchAttr = bpf_attr
            InBatch=batch.in_batch OutBatch=batch.out_batch Keys=batch.keys Values=batch.values Count=batch.count MapFd=batch.map_fd
            ElementFlags=batch.elem_flags Flags=batch.flags
        ProgramLoadAttr = bpf_attr
            ProgramType=prog_type InstructionCount=insn_cnt Instructions=insns License=license LogLevel=log_level LogSize=log_size
            LogBuffer=log_buf KernelVersion=kern_version ProgramFlags=prog_flags ProgramName=prog_name IfIndex=prog_ifindex
            ExpectedAttachType=expected_attach_type BtfFd=prog_btf_fd FuncInfoRecordSize=func_info_rec_size FuncInfo=func_info
            FuncInfoCount=func_info_cnt LineInfoRecordSize=line_info_rec_size LineInfo=line_info LineInfoCount=line_info_cnt
            AttachBtfId=attach_btf_id AttachFd=attach_prog_fd CoreRelocationCount=core_relo_cnt FdArray=fd_array
            CoreRelocations=core_relos CoreRelocationRecordSize=core_relo_rec_size LogTrueSize=log_true_size TokenFd=prog_token_fd
            FdArrayCount=fd_array_cnt
        ObjectPathAttr = bpf_attr
            PathName=pathname BpfFd=bpf_fd FileFlags=file_flags PathFd=path_fd
        ProgramAttachAttr = bpf_attr
            TargetFd=target_fd AttachBpfFd=attach_bpf_fd AttachType=attach_type AttachFlags=attach_flags ReplaceBpfFd=replace_bpf_fd
            RelativeFdOrId=relative_fd ExpectedRevision=expected_revision
        ProgramTestRunAttr = bpf_attr
            ProgramFd=test.prog_fd ReturnValue=test.retval DataSizeIn=test.data_size_in DataSizeOut=test.data_size_out DataIn=test.data_in
            DataOut=test.data_out Repeat=test.repeat Duration=test.duration ContextSizeIn=test.ctx_size_in ContextSizeOut=test.ctx_size_out
            ContextIn=test.ctx_in ContextOut=test.ctx_out Flags=test.flags Cpu=test.cpu BatchSize=test.batch_size
        ObjectIdAttr = bpf_attr
            Id=start_id NextId=next_id OpenFlags=open_flags TokenFd=fd_by_id_token_fd
        ObjectInfoAttr = bpf_attr
            BpfFd=info.bpf_fd InfoLength=info.info_len Info=info.info
        ProgramQueryAttr = bpf_attr
            TargetFd=query.target_fd AttachType=query.attach_type QueryFlags=query.query_flags AttachFlags=query.attach_flags
            ProgramIds=query.prog_ids Count=query.prog_cnt ProgramAttachFlags=query.prog_attach_flags LinkIds=query.link_ids
            LinkAttachFlags=query.link_attach_flags Revision=query.revision
        RawTracepointAttr = bpf_attr
            Name=raw_tracepoint.name ProgramFd=raw_tracepoint.prog_fd Cookie=raw_tracepoint.cookie
        BtfLoadAttr = bpf_attr
            Btf=btf LogBuffer=btf_log_buf BtfSize=btf_size LogSize=btf_log_size LogLevel=btf_log_level LogTrueSize=btf_log_true_size
            Flags=btf_flags TokenFd=btf_token_fd
        TaskFdQueryAttr = bpf_attr
            Pid=task_fd_query.pid Fd=task_fd_query.fd Flags=task_fd_query.flags BufferLength=task_fd_query.buf_len Buffer=task_fd_query.buf
            ProgramId=task_fd_query.prog_id FdType=task_fd_query.fd_type ProbeOffset=task_fd_query.probe_offset
            ProbeAddress=task_fd_query.probe_addr
        LinkCreateAttr = bpf_attr
            ProgramFd=link_create.prog_fd MapFd=link_create.map_fd TargetFd=link_create.target_fd TargetIfIndex=link_create.target_ifindex
            AttachType=link_create.attach_type Flags=link_create.flags TargetBtfId=link_create.target_btf_id
            Iterator.Info=link_create.iter_info Iterator.InfoLength=link_create.iter_info_len
            PerfEventCookie=link_create.perf_event.bpf_cookie
            KprobeMulti.Flags=link_create.kprobe_multi.flags KprobeMulti.Count=link_create.kprobe_multi.cnt
            KprobeMulti.Symbols=link_create.kprobe_multi.syms KprobeMulti.Addresses=link_create.kprobe_multi.addrs
            KprobeMulti.Cookies=link_create.kprobe_multi.cookies
            Tracing.TargetBtfId=link_create.tracing.target_btf_id Tracing.Cookie=link_create.tracing.cookie
            Netfilter.ProtocolFamily=link_create.netfilter.pf Netfilter.Hook=link_create.netfilter.hooknum
            Netfilter.Priority=link_create.netfilter.priority Netfilter.Flags=link_create.netfilter.flags
            Ordered.RelativeFdOrId=link_create.tcx.relative_fd Ordered.ExpectedRevision=link_create.tcx.expected_revision
            UprobeMulti.Path=link_create.uprobe_multi.path UprobeMulti.Offsets=link_create.uprobe_multi.offsets
            UprobeMulti.ReferenceCounterOffsets=link_create.uprobe_multi.ref_ctr_offsets UprobeMulti.Cookies=link_create.uprobe_multi.cookies
            UprobeMulti.Count=link_create.uprobe_multi.cnt UprobeMulti.Flags=link_create.uprobe_multi.flags
            UprobeMulti.Pid=link_create.uprobe_multi.pid
        LinkUpdateAttr = bpf_attr
            LinkFd=link_update.link_fd NewFd=link_update.new_prog_fd Flags=link_update.flags OldFd=link_update.old_prog_fd
        IteratorCreateAttr = bpf_attr
            LinkFd=iter_create.link_fd Flags=iter_create.flags
        ProgramBindMapAttr = bpf_attr
            ProgramFd=prog_bind_map.prog_fd MapFd=prog_bind_map.map_fd Flags=prog_bind_map.flags
        TokenCreateAttr = bpf_attr
            Flags=token_create.flags BpffsFd=token_create.bpffs_fd
        StreamReadAttr = bpf_attr
            Buffer=prog_stream_read.stream_buf BufferLength=prog_stream_read.stream_buf_len StreamId=prog_stream_read.stream_id
            ProgramFd=prog_stream_read.prog_fd
        ProgramInfoData = bpf_prog_info
            Type=type Id=id Tag=tag JitedLength=jited_prog_len XlatedLength=xlated_prog_len JitedCode=jited_prog_insns
            XlatedCode=xlated_prog_insns LoadTime=load_time CreatedByUid=created_by_uid MapCount=nr_map_ids MapIds=map_ids Name=name
            InterfaceIndex=ifindex GplCompatible=gpl_compatible NetworkNamespaceDevice=netns_dev NetworkNamespaceInode=netns_ino
            JitedSymbolCount=nr_jited_ksyms JitedFunctionLengthCount=nr_jited_func_lens JitedSymbols=jited_ksyms
            JitedFunctionLengths=jited_func_lens BtfId=btf_id FunctionInfoRecordSize=func_info_rec_size FunctionInfo=func_info
            FunctionInfoCount=nr_func_info LineInfoCount=nr_line_info LineInfo=line_info JitedLineInfo=jited_line_info
            JitedLineInfoCount=nr_jited_line_info LineInfoRecordSize=line_info_rec_size JitedLineInfoRecordSize=jited_line_info_rec_size
            TagCount=nr_prog_tags Tags=prog_tags RunTime=run_time_ns RunCount=run_cnt RecursionMisses=recursion_misses
            VerifiedInstructions=verified_insns AttachBtfObjectId=attach_btf_obj_id AttachBtfId=attach_btf_id
        MapInfoBlock = bpf_map_info
            Type=type Id=id KeySize=key_size ValueSize=value_size MaxEntries=max_entries MapFlags=map_flags Name=name IfIndex=ifindex
            BtfVmlinuxValueTypeId=btf_vmlinux_value_type_id NetnsDevice=netns_dev NetnsInode=netns_ino BtfId=btf_id
            BtfKeyTypeId=btf_key_type_id BtfValueTypeId=btf_value_type_id BtfVmlinuxId=btf_vmlinux_id MapExtra=map_extra
        BtfInfoData = bpf_btf_info
            Btf=btf Size=btf_size Id=id Name=name NameLength=name_len IsKernel=kernel_btf
        LinkInfoData = bpf_link_info
            Type=type Id=id ProgramId=prog_id
            RawTracepointName=raw_tracepoint.tp_name RawTracepointNameLength=raw_tracepoint.tp_name_len RawTracepointCookie=raw_tracepoint.cookie
            TracingAttachType=tracing.attach_type TracingTargetObjectId=tracing.target_obj_id TracingTargetBtfId=tracing.target_btf_id
            TracingCookie=tracing.cookie CgroupId=cgroup.cgroup_id CgroupAttachType=cgroup.attach_type
            IteratorTargetName=iter.target_name IteratorTargetNameLength=iter.target_name_len IteratorMapId=iter.map.map_id
            IteratorCgroupId=iter.cgroup.cgroup_id IteratorCgroupOrder=iter.cgroup.order IteratorThreadId=iter.task.tid
            IteratorProcessId=iter.task.pid NetnsInode=netns.netns_ino NetnsAttachType=netns.attach_type
            MapId=sockmap.map_id MapAttachType=sockmap.attach_type InterfaceIndex=tcx.ifindex InterfaceAttachType=tcx.attach_type
            NetfilterProtocolFamily=netfilter.pf NetfilterHook=netfilter.hooknum NetfilterPriority=netfilter.priority NetfilterFlags=netfilter.flags
            KprobeMultiAddresses=kprobe_multi.addrs KprobeMultiCount=kprobe_multi.count KprobeMultiFlags=kprobe_multi.flags
            KprobeMultiMissed=kprobe_multi.missed KprobeMultiCookies=kprobe_multi.cookies
            UprobeMultiPath=uprobe_multi.path UprobeMultiOffsets=uprobe_multi.offsets UprobeMultiReferenceCounters=uprobe_multi.ref_ctr_offsets
            UprobeMultiCookies=uprobe_multi.cookies UprobeMultiPathSize=uprobe_multi.path_size UprobeMultiCount=uprobe_multi.count
            UprobeMultiFlags=uprobe_multi.flags UprobeMultiPid=uprobe_multi.pid
            PerfEventKind=perf_event.type PerfEventName=perf_event.uprobe.file_name PerfEventNameLength=perf_event.uprobe.name_len
            PerfEventOffset=perf_event.uprobe.offset UprobeCookie=perf_event.uprobe.cookie
            UprobeReferenceCounter=perf_event.uprobe.ref_ctr_offset KprobeAddress=perf_event.kprobe.addr KprobeMissed=perf_event.kprobe.missed
            KprobeCookie=perf_event.kprobe.cookie TracepointCookie=perf_event.tracepoint.cookie EventConfig=perf_event.event.config
            EventType=perf_event.event.type EventCookie=perf_event.event.cookie
        PerfEventAttr = perf_event_attr
            Type=type Size=size Config=config SamplePeriodOrFrequency=sample_period SampleType=sample_type ReadFormat=read_format
            Flags=disabled WakeupEvents=wakeup_events BreakpointType=bp_type Config1=config1 Config2=config2
            BranchSampleType=branch_sample_type SampleRegistersUser=sample_regs_user SampleStackUser=sample_stack_user ClockId=clockid
            SampleRegistersInterrupt=sample_regs_intr AuxWatermark=aux_watermark SampleMaxStack=sample_max_stack
            AuxSampleSize=aux_sample_size SignalData=sig_data
        """;
}
