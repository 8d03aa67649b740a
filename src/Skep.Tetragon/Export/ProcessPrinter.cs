using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Skep.Engine.Containers;
using Skep.Engine.Processes;

namespace Skep.Tetragon.Export;

/// <summary>Prints processes in the order of Tetragon's <c>Process</c> message.</summary>
sealed class ProcessPrinter
{
    const int DockerIdLength = 31; // what fits into the field that Tetragon's kernel side reserves for it
    const int LongestIdNumbers = 32; // two colons, 64 and 32 bits

    readonly ExportOptions _options;
    readonly JsonLineWriter _scratch = new();
    readonly ProcessInfo?[] _cached;
    readonly byte[] _idText, _id;
    readonly int _nodeLength;
    byte[] _arguments = new byte[512];
    int _nextCached;

    public ProcessPrinter(ExportOptions options)
    {
        _options = options;
        _cached = new ProcessInfo?[Math.Max(options.CachedProcesses, 1)];
        var node = Encoding.UTF8.GetBytes(options.NodeName + ":");
        _nodeLength = node.Length;
        _idText = [.. node, .. new byte[LongestIdNumbers]];
        _id = new byte[Base64.GetMaxEncodedToUtf8Length(_idText.Length)];
    }

    /// <summary>A process as an event shows it.</summary>
    /// <param name="json">Where it goes.</param>
    /// <param name="process">The process.</param>
    /// <param name="tid">The thread.</param>
    /// <param name="references">Whether the reference count is shown.</param>
    /// <param name="keep">Whether it will be printed again soon.</param>
    /// <param name="execution">Whether the event is its execution.</param>
    public void Write(JsonLineWriter json, ProcessInfo process, uint tid, bool references, bool keep, bool execution = false)
    {
        var fragment = process.Printed as ProcessFragment;
        if (fragment is not null && !fragment.IsCurrent(process)) fragment = null;
        if (fragment is null && keep) fragment = Keep(process);
        json.Raw((byte)'{');
        if (fragment is not null) json.Raw(fragment.Identity);
        else Identity(json, process);
        if (references) json.NonZero(",\"refcnt\":"u8, (uint)Math.Max(process.References, 0));
        if (fragment is not null) json.Raw(fragment.Rights);
        else Rights(json, process);
        json.Raw(",\"tid\":"u8);
        json.Number((ulong)tid);
        if (fragment is not null) json.Raw(fragment.Rest);
        else Rest(json, process);
        if (execution && _options.Credentials) BinaryProperties(json, process);
        json.Raw((byte)'}');
    }

    /// <summary>A process of which only the kernel's identity is known.</summary>
    public void WriteUnknown(JsonLineWriter json, ProcessId process, uint tid)
    {
        json.Raw("{\"pid\":"u8);
        json.Number((ulong)process.Pid);
        json.Raw(",\"flags\":\"unknown\",\"start_time\":"u8);
        json.Time(_options.Clock.UnixNanoseconds(process.Start));
        json.Raw(",\"tid\":"u8);
        json.Number((ulong)tid);
        json.Raw((byte)'}');
    }

    ProcessFragment Keep(ProcessInfo process)
    {
        _scratch.Reset();
        _scratch.Raw((byte)'{');
        Identity(_scratch, process);
        var beforeReferences = _scratch.Length - 1;
        Rights(_scratch, process);
        var beforeThread = _scratch.Length - 1;
        Rest(_scratch, process);
        var fragment = new ProcessFragment(_scratch.Written[1..].ToArray(), beforeReferences, beforeThread, process.Version);
        ref var slot = ref _cached[_nextCached];
        if (slot is { Printed: ProcessFragment } old) old.Printed = null;
        slot = process;
        _nextCached = (_nextCached + 1) % _cached.Length;
        process.Printed = fragment;
        return fragment;
    }

    void Identity(JsonLineWriter json, ProcessInfo process)
    {
        json.Member(",\"exec_id\":"u8);
        ExecId(json, process.Id);
        json.Raw(",\"pid\":"u8);
        json.Number((ulong)process.Id.Pid);
        json.Raw(",\"uid\":"u8);
        json.Number((ulong)process.Credentials.EffectiveUid);
        if (!process.WorkingDirectory.IsEmpty) json.NonEmpty(",\"cwd\":"u8, process.WorkingDirectory.Span);
        else if ((process.Flags & ProcessFlags.RootWorkingDirectory) != 0) json.NonEmpty(",\"cwd\":"u8, "/"u8);
        json.NonEmpty(",\"binary\":"u8, process.Executable.Span);
        Arguments(json, process);
        Flags(json, process.Flags);
        json.Raw(",\"start_time\":"u8);
        json.Time(_options.Clock.UnixNanoseconds(process.Id.Start));
        json.Raw(",\"auid\":"u8);
        json.Number((ulong)process.AuditUid);
        if (process.Container is { } container) Container(json, container, process.PidInNamespace);
        json.Raw(",\"parent_exec_id\":"u8);
        // The first processes of the system descend from process 0, which started at 1 for Tetragon.
        ExecId(json, process.ParentId == default ? new ProcessId(0, 1) : process.ParentId);
    }

    /// <summary>What <c>--enable-process-cred</c> and <c>--enable-process-ns</c> put before the thread.</summary>
    void Rights(JsonLineWriter json, ProcessInfo process)
    {
        if (_options.Credentials)
        {
            json.Raw(",\"cap\":{"u8);
            Capabilities(json, process.Credentials);
            json.Raw((byte)'}');
        }
        if (_options.Namespaces) Namespaces(json, process.Namespaces, _options.HostNamespaces);
    }

    void Rest(JsonLineWriter json, ProcessInfo process)
    {
        if (_options.Credentials)
        {
            json.Raw(",\"process_credentials\":{"u8);
            Identities(json, process.Credentials);
            json.Raw((byte)'}');
        }
        if (process.Container is null && _options.UserNameOf?.Invoke(process.Credentials.EffectiveUid) is { Length: > 0 } name)
        {
            json.Raw(",\"user\":{\"name\":"u8);
            json.Text(name);
            json.Raw((byte)'}');
        }
        json.Raw((process.Flags & ProcessFlags.InInitTree) != 0 ? ",\"in_init_tree\":true"u8 : ",\"in_init_tree\":false"u8);
        if (_options.EnvironmentVariables && !process.Environment.IsEmpty) Environment(json, process);
    }

    void ExecId(JsonLineWriter json, ProcessId process)
    {
        var length = _nodeLength;
        process.Start.TryFormat(_idText.AsSpan(length), out var written, provider: CultureInfo.InvariantCulture);
        length += written;
        _idText[length++] = (byte)':';
        process.Pid.TryFormat(_idText.AsSpan(length), out written, provider: CultureInfo.InvariantCulture);
        Base64.EncodeToUtf8(_idText.AsSpan(0, length + written), _id, out _, out written);
        json.Quoted(_id.AsSpan(0, written));
    }

    void Arguments(JsonLineWriter json, ProcessInfo process)
    {
        if (process.Arguments.Span.TrimEnd((byte)0).IndexOf((byte)0) < 0) return;
        json.Raw(",\"arguments\":"u8);
        var text = ProcessArguments.Join(process.Arguments.Span, ref _arguments);
        if (Redacted(process, text) is { } redacted) json.Text(redacted);
        else json.Text(text);
    }

    /// <summary>Null when there is no secret in it.</summary>
    string? Redacted(ProcessInfo process, ReadOnlySpan<byte> text) =>
        _options.Redactor?.Redact(Encoding.UTF8.GetString(process.Executable.Span), Encoding.UTF8.GetString(text));

    static void Flags(JsonLineWriter json, ProcessFlags flags)
    {
        json.Raw(",\"flags\":\""u8);
        json.Raw((flags & ProcessFlags.Seeded) != 0 ? "procFS"u8 : (flags & ProcessFlags.Forked) != 0 ? "clone"u8 : "execve"u8);
        if ((flags & ProcessFlags.EnvironmentUnread) != 0) json.Raw(" errorEnvs"u8);
        if ((flags & ProcessFlags.ArgumentsCut) != 0) json.Raw(" truncArgs"u8);
        if ((flags & ProcessFlags.ExecutableUnread) != 0) json.Raw(" errorFilename"u8);
        if ((flags & ProcessFlags.ArgumentsUnread) != 0) json.Raw(" errorArgs"u8);
        if ((flags & ProcessFlags.NoWorkingDirectory) != 0) json.Raw(" nocwd"u8);
        if ((flags & ProcessFlags.RootWorkingDirectory) != 0) json.Raw(" rootcwd"u8);
        if ((flags & ProcessFlags.WorkingDirectoryUnread) != 0) json.Raw(" errorCWD"u8);
        // A process that executes has nearly always been forked for that.
        if ((flags & (ProcessFlags.Seeded | ProcessFlags.Forked)) == 0) json.Raw(" clone"u8);
        if ((flags & ProcessFlags.InInitTree) != 0) json.Raw(" inInitTree"u8);
        json.Raw((byte)'"');
    }

    void Container(JsonLineWriter json, ContainerInfo container, uint pid)
    {
        if (_options.PodOf(container) is { } pod)
        {
            json.Raw(",\"pod\":{"u8);
            json.NonEmpty(",\"namespace\":"u8, pod.Namespace);
            json.NonEmpty(",\"name\":"u8, pod.Name);
            json.NonEmpty(",\"uid\":"u8, pod.Uid);
            ContainerOfPod(json, container, pod, pid);
            Pairs(json, ",\"pod_labels\":"u8, pod.Labels);
            json.NonEmpty(",\"workload\":"u8, pod.Workload);
            json.NonEmpty(",\"workload_kind\":"u8, pod.WorkloadKind);
            Pairs(json, ",\"pod_annotations\":"u8, pod.Annotations);
            json.Raw((byte)'}');
        }
        json.NonEmpty(",\"docker\":"u8, container.Id.Length > DockerIdLength ? container.Id[..DockerIdLength] : container.Id);
    }

    static void ContainerOfPod(JsonLineWriter json, ContainerInfo container, PodInfo pod, uint pid)
    {
        json.Member(",\"container\":"u8);
        json.Raw("{\"id\":\""u8);
        if (container.Runtime.Length > 0)
        {
            json.Escaped(container.Runtime);
            json.Raw("://"u8);
        }
        json.Escaped(container.Id);
        json.Raw((byte)'"');
        json.NonEmpty(",\"name\":"u8, container.Name);
        if (container.Image.Length > 0 || container.ImageId.Length > 0)
        {
            json.Raw(",\"image\":{"u8);
            json.NonEmpty(",\"id\":"u8, container.ImageId);
            json.NonEmpty(",\"name\":"u8, container.Image);
            json.Raw((byte)'}');
        }
        if (container.StartTime != default)
        {
            json.Raw(",\"start_time\":"u8);
            json.Time((container.StartTime.ToUniversalTime().Ticks - DateTime.UnixEpoch.Ticks) * 100);
        }
        if (pid != 0)
        {
            json.Raw(",\"pid\":"u8);
            json.Number((ulong)pid);
        }
        if (pod.IsPrivileged) json.Raw(",\"security_context\":{\"privileged\":true}"u8);
        json.Raw((byte)'}');
    }

    public static void Pairs(JsonLineWriter json, ReadOnlySpan<byte> name, IReadOnlyDictionary<string, string> pairs)
    {
        if (pairs.Count == 0) return;
        json.Member(name);
        json.Raw((byte)'{');
        var isFirst = true;
        foreach (var (key, value) in pairs)
        {
            if (!isFirst) json.Raw((byte)',');
            isFirst = false;
            json.Text(key);
            json.Raw((byte)':');
            json.Text(value);
        }
        json.Raw((byte)'}');
    }

    /// <summary>Members of <c>Capabilities</c>.</summary>
    public static void Capabilities(JsonLineWriter json, in Credentials credentials)
    {
        CapabilitySet(json, ",\"permitted\":"u8, credentials.Permitted);
        CapabilitySet(json, ",\"effective\":"u8, credentials.Effective);
        CapabilitySet(json, ",\"inheritable\":"u8, credentials.Inheritable);
    }

    static void CapabilitySet(JsonLineWriter json, ReadOnlySpan<byte> name, ulong set)
    {
        if (set == 0) return;
        json.Member(name);
        json.Raw((byte)'[');
        for (; set != 0; set &= set - 1)
        {
            var number = (uint)System.Numerics.BitOperations.TrailingZeroCount(set);
            json.Element();
            Enumerated(json, CapabilityNames.Of(number), number);
        }
        json.Raw((byte)']');
    }

    /// <summary>A value of an enumeration: its name, or its number when the API has no name for it.</summary>
    public static void Enumerated(JsonLineWriter json, ReadOnlySpan<byte> name, uint number)
    {
        if (name.IsEmpty) json.Number((ulong)number);
        else json.Quoted(name);
    }

    /// <summary>Members of <c>ProcessCredentials</c> but for its capabilities and namespace.</summary>
    public static void Identities(JsonLineWriter json, in Credentials credentials)
    {
        Id(json, ",\"uid\":"u8, credentials.Uid);
        Id(json, ",\"gid\":"u8, credentials.Gid);
        Id(json, ",\"euid\":"u8, credentials.EffectiveUid);
        Id(json, ",\"egid\":"u8, credentials.EffectiveGid);
        Id(json, ",\"suid\":"u8, credentials.SavedUid);
        Id(json, ",\"sgid\":"u8, credentials.SavedGid);
        Id(json, ",\"fsuid\":"u8, credentials.FileSystemUid);
        Id(json, ",\"fsgid\":"u8, credentials.FileSystemGid);
        if ((credentials.SecureBits & 0xff) == 0) return;
        json.Raw(",\"securebits\":["u8);
        for (var bit = 0; bit < 8; bit++)
        {
            if ((credentials.SecureBits & (1u << bit)) == 0) continue;
            json.Element();
            json.Quoted(SecureBit(bit));
        }
        json.Raw((byte)']');
    }

    static ReadOnlySpan<byte> SecureBit(int bit) => bit switch
    {
        0 => "SecBitNoRoot"u8,
        1 => "SecBitNoRootLocked"u8,
        2 => "SecBitNoSetUidFixup"u8,
        3 => "SecBitNoSetUidFixupLocked"u8,
        4 => "SecBitKeepCaps"u8,
        5 => "SecBitKeepCapsLocked"u8,
        6 => "SecBitNoCapAmbientRaise"u8,
        _ => "SecBitNoCapAmbientRaiseLocked"u8,
    };

    static void Id(JsonLineWriter json, ReadOnlySpan<byte> name, uint id)
    {
        json.Member(name);
        json.Number((ulong)id);
    }

    static void Namespaces(JsonLineWriter json, in NamespaceSet own, in NamespaceSet host)
    {
        json.Raw(",\"ns\":{"u8);
        Namespace(json, ",\"uts\":"u8, own.Uts, host.Uts);
        Namespace(json, ",\"ipc\":"u8, own.Ipc, host.Ipc);
        Namespace(json, ",\"mnt\":"u8, own.Mount, host.Mount);
        Namespace(json, ",\"pid\":"u8, own.Pid, host.Pid);
        Namespace(json, ",\"pid_for_children\":"u8, own.PidForChildren, host.PidForChildren);
        Namespace(json, ",\"net\":"u8, own.Network, host.Network);
        Namespace(json, ",\"time\":"u8, own.Time, host.Time);
        Namespace(json, ",\"time_for_children\":"u8, own.TimeForChildren, host.TimeForChildren);
        Namespace(json, ",\"cgroup\":"u8, own.Cgroup, host.Cgroup);
        Namespace(json, ",\"user\":"u8, own.User, host.User);
        json.Raw((byte)'}');
    }

    static void Namespace(JsonLineWriter json, ReadOnlySpan<byte> name, uint own, uint host)
    {
        if (own == 0) return;
        json.Member(name);
        json.Raw("{\"inum\":"u8);
        json.Number((ulong)own);
        json.Raw(own == host ? ",\"is_host\":true}"u8 : "}"u8);
    }

    /// <summary>What about the executable gave or hides something: printed only when there is such a thing.</summary>
    static void BinaryProperties(JsonLineWriter json, ProcessInfo process)
    {
        const ProcessFlags Raised = ProcessFlags.Setuid | ProcessFlags.Setgid | ProcessFlags.FileCapabilities;
        var isNameless = process is { Inode: not 0, Links: 0 };
        if ((process.Flags & Raised) == 0 && !isNameless) return;
        json.Raw(",\"binary_properties\":{"u8);
        if ((process.Flags & ProcessFlags.Setuid) != 0) Id(json, ",\"setuid\":"u8, process.Credentials.EffectiveUid);
        if ((process.Flags & ProcessFlags.Setgid) != 0) Id(json, ",\"setgid\":"u8, process.Credentials.EffectiveGid);
        PrivilegesChanged(json, process);
        if (isNameless)
        {
            json.Member(",\"file\":"u8);
            json.Raw("{\"inode\":{\"number\":"u8);
            json.LongNumber(process.Inode);
            json.Raw(",\"links\":0}}"u8);
        }
        json.Raw((byte)'}');
    }

    /// <summary>Only what makes root, or grants capabilities, counts as raised.</summary>
    static void PrivilegesChanged(JsonLineWriter json, ProcessInfo process)
    {
        var capabilities = (process.Flags & ProcessFlags.FileCapabilities) != 0;
        var setuid = (process.Flags & ProcessFlags.Setuid) != 0 && process.Credentials is { EffectiveUid: 0, Uid: not 0 };
        var setgid = (process.Flags & ProcessFlags.Setgid) != 0 && process.Credentials is { EffectiveGid: 0, Gid: not 0 };
        if (!capabilities && !setuid && !setgid) return;
        json.Member(",\"privileges_changed\":"u8);
        json.Raw((byte)'[');
        Reason(json, capabilities, "PRIVILEGES_RAISED_EXEC_FILE_CAP"u8);
        Reason(json, setuid, "PRIVILEGES_RAISED_EXEC_FILE_SETUID"u8);
        Reason(json, setgid, "PRIVILEGES_RAISED_EXEC_FILE_SETGID"u8);
        json.Raw((byte)']');
    }

    static void Reason(JsonLineWriter json, bool applies, ReadOnlySpan<byte> name)
    {
        if (!applies) return;
        json.Element();
        json.Quoted(name);
    }

    void Environment(JsonLineWriter json, ProcessInfo process)
    {
        var environment = process.Environment.Span;
        json.Raw(",\"environment_variables\":["u8);
        environment = environment.TrimEnd((byte)0);
        while (!environment.IsEmpty)
        {
            var end = environment.IndexOf((byte)0);
            var variable = end < 0 ? environment : environment[..end];
            environment = end < 0 ? default : environment[(end + 1)..];
            if (Redacted(process, variable) is { } redacted) variable = Encoding.UTF8.GetBytes(redacted);
            var equals = variable.IndexOf((byte)'=');
            json.Element();
            json.Raw((byte)'{');
            json.NonEmpty(",\"Key\":"u8, equals < 0 ? variable : variable[..equals]);
            json.NonEmpty(",\"Value\":"u8, equals < 0 ? default : variable[(equals + 1)..]);
            json.Raw((byte)'}');
        }
        json.Raw((byte)']');
    }
}
