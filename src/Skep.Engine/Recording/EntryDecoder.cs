using System.Buffers.Binary;
using Skep.Engine.Containers;
using Skep.Engine.Processes;
using Skep.Engine.Records;
using Skep.Engine.Rules;

namespace Skep.Engine.Recording;

/// <summary>Reads the entries of a segment's blocks and tells its events. The bytes are not trusted: what makes no sense is counted and left out.</summary>
sealed class EntryDecoder(IHookTagCodec? tags, BootClock clock, IRecordingListener listener)
{
    const int HeaderSize = 1 + sizeof(int), MostValues = 64;

    /// <summary>What one damaged block may have told of.</summary>
    const int LargestGap = 1 << 20;

    readonly List<ProcessInfo?> _processes = [null];
    readonly List<int> _parents = [0];
    readonly List<ContainerInfo?> _containers = [null];
    readonly List<ReadHook?> _hooks = [null];
    readonly RecordedSymbols _symbols = new();
    readonly List<ProcessMatch> _matches = [];
    ulong[] _kernelStack = [], _userStack = [];
    byte[] _record = [];
    int _recordLength;
    bool _isRelinked;

    /// <summary>Entries that make no sense, or refer to what a damaged part told.</summary>
    public long Malformed { get; private set; }

    /// <summary>Time of the last event, nanoseconds since 1970.</summary>
    public long LastTime { get; private set; } = long.MinValue;

    /// <summary>Forgets what the segment before told.</summary>
    public void BeginSegment()
    {
        _processes.RemoveRange(1, _processes.Count - 1);
        _parents.RemoveRange(1, _parents.Count - 1);
        _containers.RemoveRange(1, _containers.Count - 1);
        _hooks.RemoveRange(1, _hooks.Count - 1);
        _isRelinked = false;
    }

    /// <summary>Reads a block.</summary>
    public void Decode(ReadOnlySpan<byte> entries, RecordingRange range)
    {
        var time = 0UL;
        _recordLength = 0;
        while (!entries.IsEmpty)
        {
            var length = entries.Length < HeaderSize ? -1 : BinaryPrimitives.ReadInt32LittleEndian(entries[1..]);
            if (length < 0 || length > entries.Length - HeaderSize)
            {
                Malformed++;
                return;
            }
            var reader = new EntryReader(entries.Slice(HeaderSize, length));
            if (!Decode((EntryKind)entries[0], ref reader, ref time, range) || reader.HasFailed) Malformed++;
            entries = entries[(HeaderSize + length)..];
        }
    }

    bool Decode(EntryKind kind, ref EntryReader reader, ref ulong time, RecordingRange range)
    {
        switch (kind)
        {
            case EntryKind.Clock:
                clock.Set(reader.Signed());
                return true;
            case EntryKind.Container:
                return ReadContainer(ref reader);
            case EntryKind.Process:
                return ReadProcess(ref reader);
            case EntryKind.Hook:
                return ReadHookDefinition(ref reader);
            case EntryKind.Execution or EntryKind.Exit:
                return ReadProcessEvent(kind, ref reader, ref time, range);
            case EntryKind.Match:
                return ReadMatch(ref reader, range);
            case EntryKind.Coverage:
                return ReadCoverage(ref reader);
            case EntryKind.Loss:
                var (at, loss) = (reader.Signed(), new RecordedLoss(reader.Signed(), reader.Signed()));
                if (!reader.HasFailed && range.Contains(at)) listener.OnLoss(at, loss);
                return true;
            default:
                return true;
        }
    }

    bool ReadProcessEvent(EntryKind kind, ref EntryReader reader, ref ulong time, RecordingRange range)
    {
        var process = Process(reader.Number());
        time += (ulong)reader.Signed();
        var tid = (uint)reader.Number();
        var (references, parentReferences) = ((int)reader.Number(), (int)reader.Number());
        var status = kind == EntryKind.Exit ? (uint)reader.Number() : 0;
        _matches.Clear();
        for (var left = reader.Count(); left > 0 && !reader.HasFailed; left--)
        {
            var hook = Hook(reader.Number());
            var (rule, actions) = ((int)reader.Number() - 1, (MatchActions)reader.Number());
            if (hook is null) return false;
            _matches.Add(new ProcessMatch(hook.Request, hook.Policy, rule, actions));
        }
        if (reader.HasFailed || process is null) return false;
        if (!IsWanted(time, range)) return true;
        process.References = references;
        if (process.Parent is { } parent) parent.References = parentReferences;
        var matches = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_matches);
        if (kind == EntryKind.Exit) listener.OnExit(process, time, tid, status, matches);
        else listener.OnExec(process, time, tid, matches);
        return true;
    }

    bool ReadMatch(ref EntryReader reader, RecordingRange range)
    {
        var hook = Hook(reader.Number());
        var (rule, actions) = ((int)reader.Number() - 1, (MatchActions)reader.Number());
        var number = reader.Number();
        var process = Process(number);
        var references = (int)reader.Number();
        var because = reader.Text();
        var bytes = reader.Bytes();
        if (!bytes.IsEmpty)
        {
            if (_record.Length < bytes.Length) _record = new byte[bytes.Length * 2];
            bytes.CopyTo(_record);
            _recordLength = bytes.Length;
        }
        _symbols.Clear();
        var kernelStack = Stack(ref reader, ref _kernelStack, isKernel: true);
        var userStack = Stack(ref reader, ref _userStack, isKernel: false);
        if (reader.HasFailed || hook is null || (process is null && number != 0) || !HookRecord.TryRead(_record.AsSpan(0, _recordLength), out var record)) return false;
        if (!IsWanted(record.Time, range)) return true;
        if (process is not null) process.References = references;
        listener.OnHook(new HookEvent
        {
            Record = record,
            Request = hook.Request,
            PolicyName = hook.Policy,
            Process = process,
            UnknownBecause = because.Length > 0 ? because : process?.UnknownBecause,
            Actions = actions,
            Rule = rule,
            Places = hook.Places,
            KernelStack = kernelStack,
            UserStack = userStack,
            Symbols = _symbols,
        });
        return true;
    }

    bool IsWanted(ulong time, RecordingRange range)
    {
        var unix = clock.UnixNanoseconds(time);
        if (unix > LastTime) LastTime = unix;
        return range.Contains(unix);
    }

    ReadOnlySpan<ulong> Stack(ref EntryReader reader, ref ulong[] addresses, bool isKernel)
    {
        var count = reader.Count();
        if (addresses.Length < count) addresses = new ulong[count];
        for (var i = 0; i < count && !reader.HasFailed; i++)
        {
            addresses[i] = reader.Number();
            if (reader.Byte() == 0) continue;
            _symbols.Add(isKernel, addresses[i], new StackSymbol(reader.Text(), reader.Text(), reader.Number()));
        }
        return addresses.AsSpan(0, count);
    }

    bool ReadCoverage(ref EntryReader reader)
    {
        var time = reader.Signed();
        var hooks = new List<ObservedHook>();
        for (var left = reader.Count(); left > 0 && !reader.HasFailed; left--)
        {
            var (name, isComplete, count) = (reader.Text(), reader.Byte() != 0, (int)reader.Number());
            var policies = new List<string>();
            for (var more = reader.Count(); more > 0 && !reader.HasFailed; more--) policies.Add(reader.Text());
            hooks.Add(new ObservedHook { Hook = name, IsComplete = isComplete, PolicyCount = count, Policies = policies });
        }
        if (reader.HasFailed) return false;
        listener.OnCoverage(time, hooks);
        return true;
    }

    bool ReadHookDefinition(ref EntryReader reader)
    {
        var number = reader.Number();
        var (policy, target, origin, withReturn) = (reader.Text(), reader.Text(), reader.Text(), reader.Byte() != 0);
        var places = reader.Bytes().ToArray();
        var values = new List<ValueSpec>();
        for (var left = reader.Count(); left > 0 && !reader.HasFailed; left--)
        {
            if (values.Count == MostValues || ReadValue(ref reader) is not { } value) return false;
            values.Add(value);
        }
        var tag = reader.Text();
        if (reader.HasFailed || !MakeRoom(_hooks, number)) return false;
        var request = new HookRequest
        {
            Target = new RecordedHook(target), Origin = origin, WithReturn = withReturn, Values = values, Tag = tag.Length > 0 ? tags?.Read(tag) : null,
        };
        _hooks[(int)number] = new ReadHook(request, policy, places);
        return true;
    }

    static ValueSpec? ReadValue(ref EntryReader reader)
    {
        var isKind = Enum.TryParse(reader.Text(), out ValueKind kind);
        var isSource = Enum.TryParse(reader.Text(), out ValueSource source);
        var value = new ValueSpec
        {
            Kind = kind,
            Source = source,
            Index = (int)reader.Signed(),
            Path = reader.Text(),
            StartType = reader.Text(),
            Module = reader.Text(),
            TypesFile = reader.Text(),
            SizeIndex = (int)reader.Signed(),
            MaxLength = (int)reader.Signed(),
            OnReturn = reader.Byte() != 0,
            Label = reader.Text(),
        };
        return isKind && isSource ? value : null;
    }

    bool ReadProcess(ref EntryReader reader)
    {
        var (number, parent, containerNumber) = (reader.Number(), reader.Number(), reader.Number());
        var process = new ProcessInfo
        {
            Id = new ProcessId((uint)reader.Number(), reader.Number()),
            ParentId = new ProcessId((uint)reader.Number(), reader.Number()),
            Flags = (ProcessFlags)reader.Number(),
            IsPlaceholder = reader.Byte() != 0,
            ArgumentsTotal = (uint)reader.Number(),
            EnvironmentTotal = (uint)reader.Number(),
            AuditUid = (uint)reader.Number(),
            PidInNamespace = (uint)reader.Number(),
            Inode = reader.Number(),
            Links = (uint)reader.Number(),
            CgroupId = reader.Number(),
            Credentials = reader.Struct<Credentials>(),
            Namespaces = reader.Struct<NamespaceSet>(),
            Executable = reader.Bytes().ToArray(),
            WorkingDirectory = reader.Bytes().ToArray(),
            Filename = reader.Bytes().ToArray(),
            Comm = reader.Bytes().ToArray(),
            Arguments = reader.Bytes().ToArray(),
            Environment = reader.Bytes().ToArray(),
            UnknownBecause = reader.Text() is { Length: > 0 } because ? because : null,
            // Recordings of the first builds end here.
            Session = reader.IsAtEnd ? default : reader.Struct<ProcessSession>(),
            ExecutableChanged = reader.IsAtEnd ? 0 : reader.Number(),
            ExecutableModified = reader.IsAtEnd ? 0 : reader.Number(),
            Container = containerNumber < (ulong)_containers.Count ? _containers[(int)containerNumber] : null,
        };
        // Without its container it would pass for one of the host.
        if (containerNumber != 0 && process.Container is null) return false;
        if (reader.HasFailed || !MakeRoom(_processes, number) || !MakeRoom(_parents, number) || parent >= (ulong)_processes.Count || IsBelow((int)parent, (int)number)) return false;
        _isRelinked |= _processes[(int)number] is not null;
        (_processes[(int)number], _parents[(int)number]) = (process, (int)parent);
        process.AdoptBy(_processes[(int)parent]);
        return true;
    }

    bool ReadContainer(ref EntryReader reader)
    {
        var number = reader.Number();
        var (id, cgroup) = (reader.Text(), reader.Number());
        var details = new ContainerDetails
        {
            Runtime = reader.Text(),
            Name = reader.Text(),
            Image = reader.Text(),
            ImageId = reader.Text(),
            StartTime = reader.Signed() is var ticks and > 0 && ticks <= DateTime.MaxValue.Ticks ? new DateTime(ticks, DateTimeKind.Utc) : default,
            UnknownBecause = reader.Text() is { Length: > 0 } because ? because : null,
            IsFinal = reader.Byte() != 0,
            Pod = reader.Byte() != 0 ? ReadPod(ref reader) : null,
        };
        if (reader.HasFailed || !MakeRoom(_containers, number)) return false;
        (_containers[(int)number] ??= new ContainerInfo { Id = id, CgroupId = cgroup }).Learn(details);
        return true;
    }

    static PodInfo ReadPod(ref EntryReader reader)
    {
        var (ns, name, uid, bits) = (reader.Text(), reader.Text(), reader.Text(), reader.Byte());
        return new PodInfo
        {
            Namespace = ns, Name = name, Uid = uid, HasLabels = (bits & 1) != 0, IsPrivileged = (bits & 2) != 0, Labels = reader.Pairs(), Annotations = reader.Pairs(),
            Workload = reader.Text(), WorkloadKind = reader.Text(),
        };
    }

    /// <summary>The process of a number, tied to its ancestors as they are by now.</summary>
    ProcessInfo? Process(ulong number)
    {
        if (number == 0 || number >= (ulong)_processes.Count) return null;
        for (var next = (int)number; _isRelinked && next != 0; next = _parents[next]) _processes[next]?.AdoptBy(_processes[_parents[next]]);
        return _processes[(int)number];
    }

    /// <summary>Numbers come in order, but for those that a damaged part told of.</summary>
    static bool MakeRoom<T>(List<T> known, ulong number)
    {
        if (number == 0 || number >= (ulong)known.Count + LargestGap) return false;
        while ((ulong)known.Count <= number) known.Add(default!);
        return true;
    }

    bool IsBelow(int number, int ancestor)
    {
        for (; number != 0; number = _parents[number])
        {
            if (number == ancestor) return true;
        }
        return false;
    }

    ReadHook? Hook(ulong number) => number < (ulong)_hooks.Count ? _hooks[(int)number] : null;

    sealed record ReadHook(HookRequest Request, string Policy, byte[] Places);
}
