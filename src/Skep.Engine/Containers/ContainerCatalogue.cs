using System.Text;
using System.Threading.Channels;
using Skep.Bpf.Interop;

namespace Skep.Engine.Containers;

/// <summary>
/// The containers of this host by control group. Lookups are for the one thread that reads the records: at worst they read a small file of
/// /proc or walk the directories of control groups. What the runtimes know is read by a thread of its own and appears in the
/// <see cref="ContainerInfo"/> when it is there.
/// </summary>
public sealed class ContainerCatalogue : IDisposable
{
    const int MaxGroups = 16_384, MaxContainers = 8192, MaxWaiting = 1024;
    const string NotYet = "the runtime was not asked yet", TooMany = "too many containers at once: the runtime was not asked";

    static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(1), s_firstAnswers = TimeSpan.FromSeconds(1), s_patience = TimeSpan.FromSeconds(2);

    readonly string _root;
    readonly CgroupHierarchy _hierarchy;
    readonly Dictionary<ulong, ContainerInfo?> _byGroup = [];
    readonly Dictionary<string, ContainerInfo> _byId = [];
    readonly Channel<ContainerInfo> _waiting =
        Channel.CreateBounded<ContainerInfo>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true, SingleWriter = true });
    readonly CancellationTokenSource _stop = new();
    readonly RuntimeState _state;
    readonly TimeSpan _patience;
    readonly Task _reader;
    int _unread, _unasked, _changes;
    long _unreadable;

    /// <summary>Starts a catalogue.</summary>
    /// <param name="root">Where the host's root directory is seen; <c>/</c> but for tests and agents in a container.</param>
    /// <param name="patience">For how long a container's state is looked for again when it is not there: a runtime may write it late.</param>
    public ContainerCatalogue(string root = "/", TimeSpan? patience = null)
        : this(root, CgroupHierarchy.Find(root), patience ?? s_patience)
    {
    }

    internal ContainerCatalogue(CgroupHierarchy hierarchy, IContainerRuntime? runtime = null)
        : this("/", hierarchy, s_patience, runtime)
    {
    }

    internal ContainerCatalogue(string root, CgroupHierarchy hierarchy, TimeSpan patience, IContainerRuntime? runtime = null)
    {
        _root = root;
        _hierarchy = hierarchy;
        _patience = patience;
        _state = new RuntimeState(root, runtime);
        _reader = Task.Run(ReadAsync);
    }

    /// <summary>Containers of which more may become known.</summary>
    public int Waiting => Volatile.Read(ref _unread);

    /// <summary>Containers met so far, those of recent times at least.</summary>
    public int Count => _byId.Count;

    /// <summary>Files and answers of runtimes that were not what they should be.</summary>
    public long MalformedStates => _state.Malformed + Interlocked.Read(ref _unreadable);

    internal CgroupHierarchy Hierarchy => _hierarchy;

    /// <summary>Control groups met so far of which it is certain which container they belong to, or that it is none.</summary>
    internal IReadOnlyDictionary<ulong, ContainerInfo?> Groups => _byGroup;

    /// <summary>Grows when <see cref="Groups"/> or what is known of a container changes.</summary>
    internal int Changes => Volatile.Read(ref _changes);

    /// <summary>The container of a process; null for the host's.</summary>
    /// <param name="cgroup">Id of its control group in the hierarchy.</param>
    /// <param name="directory">Name of that group's directory as taken in the kernel; may be empty.</param>
    /// <param name="pid">Its pid, for groups that are new here.</param>
    public ContainerInfo? Find(ulong cgroup, ReadOnlySpan<byte> directory, uint pid)
    {
        if (_byGroup.TryGetValue(cgroup, out var known)) return Asked(known);
        // A name with the runtime's prefix suffices; that of a nested group or a bare id needs what is above it.
        var isNamed = CgroupPath.TryFindContainer(Encoding.UTF8.GetString(directory), out var named);
        if (isNamed && named.Runtime.Length > 0) return Remember(cgroup, named, lasts: true);
        Span<byte> text = stackalloc byte[4096];
        var length = Libc.TryReadFile(Path.Combine(_root, $"proc/{pid}/cgroup"), text);
        if (length > 0)
        {
            // A process that moved on since the record was written speaks of another group.
            var isSameGroup = _hierarchy.PathIn(text[..length]) is not { } path || _hierarchy.IdOf(path) == cgroup;
            if (isSameGroup) return FindByProcess(text[..length], cgroup);
        }
        if (_hierarchy.IsMounted && cgroup != _hierarchy.RootId && _hierarchy.PathOf(cgroup) is { } found) return FindByPath(found, cgroup);
        return isNamed ? Remember(cgroup, named, lasts: false) : null;
    }

    /// <summary>The container of a process by the text of its /proc/PID/cgroup; null for the host's.</summary>
    public ContainerInfo? FindByProcess(ReadOnlySpan<byte> procCgroup, ulong cgroup)
    {
        if (_byGroup.TryGetValue(cgroup, out var known)) return Asked(known);
        if (_hierarchy.PathIn(procCgroup) is { } path) return FindByPath(path, cgroup);
        if (CgroupPath.TryFindContainerOfProcess(procCgroup, out var container)) return Remember(cgroup, container, lasts: false);
        foreach (var other in CgroupPath.Paths(procCgroup.ToArray()))
        {
            if (TryPlainName(other, out container)) return Remember(cgroup, container, lasts: false);
        }
        return null;
    }

    /// <summary>A control group was made.</summary>
    internal void Add(ulong cgroup, string path)
    {
        if (!_byGroup.ContainsKey(cgroup)) FindByPath(path, cgroup);
    }

    /// <summary>Looks at all control groups that there are.</summary>
    internal void Discover()
    {
        foreach (var (cgroup, path) in _hierarchy.Scanned()) Add(cgroup, path);
    }

    /// <summary>A runtime tells of a container itself, before it starts it: nothing that is found out later takes that back.</summary>
    internal void Tell(ulong cgroup, CgroupContainer container, ContainerDetails details)
    {
        if (!_byId.TryGetValue(container.Id, out var info))
        {
            if (_byId.Count >= MaxContainers) _byId.Clear();
            info = new ContainerInfo { Id = container.Id, Runtime = container.Runtime, CgroupId = cgroup };
            _byId.Add(container.Id, info);
        }
        info.IsTold = true;
        Learn(info, details, isFinal: true);
        if (_hierarchy.IsMounted) Keep(cgroup, info);
    }

    /// <summary>Waits, not for long, until each runtime was asked once of each container met so far.</summary>
    internal void AwaitFirstAnswers() => SpinWait.SpinUntil(() => Volatile.Read(ref _unasked) == 0, s_firstAnswers);

    /// <summary>Waits until no runtime is left to be asked; for tests and for tools that end at once.</summary>
    public async Task WhenReadAsync(CancellationToken stop = default)
    {
        while (Waiting > 0) await Task.Delay(5, stop).ConfigureAwait(false);
    }

    /// <summary>Stops reading.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _waiting.Writer.TryComplete();
        // The reading of files ends soon; a socket that does not answer has its own limit.
        _reader.Wait(TimeSpan.FromSeconds(3));
        if (_reader.IsCompleted) _stop.Dispose();
    }

    ContainerInfo? FindByPath(string path, ulong cgroup) => TryName(path, out var container) ? Remember(cgroup, container, lasts: true) : RememberNone(cgroup);

    bool TryName(string path, out CgroupContainer container) => CgroupPath.TryFindContainer(path, out container) || TryPlainName(path, out container);

    // A runtime used by hand names groups as its user likes; its state directory tells which names are containers.
    bool TryPlainName(string path, out CgroupContainer container)
    {
        foreach (var part in path.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse())
        {
            if (part is "." or ".." || !_state.HasPlainContainer(part, out var runtime)) continue;
            container = new CgroupContainer(runtime, part);
            return true;
        }
        container = default;
        return false;
    }

    ContainerInfo Remember(ulong cgroup, CgroupContainer container, bool lasts)
    {
        if (!_byId.TryGetValue(container.Id, out var info))
        {
            if (_byId.Count >= MaxContainers) _byId.Clear();
            info = new ContainerInfo { Id = container.Id, Runtime = container.Runtime, CgroupId = cgroup, UnknownBecause = NotYet };
            _byId.Add(container.Id, info);
            Ask(info);
        }
        if (lasts && _hierarchy.IsMounted) Keep(cgroup, info);
        return Asked(info)!;
    }

    ContainerInfo? RememberNone(ulong cgroup)
    {
        if (_hierarchy.IsMounted && cgroup != 0) Keep(cgroup, null);
        return null;
    }

    void Keep(ulong cgroup, ContainerInfo? info)
    {
        if (_byGroup.Count >= MaxGroups) _byGroup.Clear();
        _byGroup[cgroup] = info;
        Interlocked.Increment(ref _changes);
    }

    ContainerInfo? Asked(ContainerInfo? info)
    {
        if (info is not null && ReferenceEquals(info.UnknownBecause, TooMany)) Ask(info);
        return info;
    }

    void Ask(ContainerInfo info)
    {
        Interlocked.Increment(ref _unread);
        Interlocked.Increment(ref _unasked);
        if (_waiting.Writer.TryWrite(info)) return;
        Interlocked.Decrement(ref _unread);
        Interlocked.Decrement(ref _unasked);
        if (!ReferenceEquals(info.UnknownBecause, TooMany)) Learn(info, new ContainerDetails { UnknownBecause = TooMany }, isFinal: true);
    }

    void Learn(ContainerInfo info, ContainerDetails details, bool isFinal)
    {
        info.Learn(details with { IsFinal = isFinal || info.IsTold, Pod = details.Pod ?? info.Pod });
        Interlocked.Increment(ref _changes);
    }

    ContainerDetails Read(ContainerInfo info)
    {
        try
        {
            return _state.Read(info.Id, info.Runtime, _stop.Token);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Whatever one runtime left behind, the others' containers are still to be read.
            Interlocked.Increment(ref _unreadable);
            return new ContainerDetails { UnknownBecause = $"its state could not be read: {e.Message}" };
        }
    }

    async Task ReadAsync()
    {
        try
        {
            await foreach (var info in _waiting.Reader.ReadAllAsync(_stop.Token).ConfigureAwait(false))
            {
                var details = Read(info);
                var isFinal = details.IsComplete || _patience == TimeSpan.Zero || info.IsTold;
                if (details.UnknownBecause is null || !info.IsTold) Learn(info, details, isFinal);
                Interlocked.Decrement(ref _unasked);
                if (isFinal) Interlocked.Decrement(ref _unread);
                else _ = ReadAgainAsync(info);
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    // Soon at first: a runtime writes down what it starts, and then starts it.
    async Task ReadAgainAsync(ContainerInfo info)
    {
        try
        {
            var waited = TimeSpan.Zero;
            for (var pause = s_firstPause; !info.IsFinal; pause *= 2)
            {
                await Task.Delay(pause, _stop.Token).ConfigureAwait(false);
                waited += pause;
                var details = Read(info);
                var isFinal = details.IsComplete || waited >= _patience;
                if (!info.IsTold && (isFinal || details.UnknownBecause != info.UnknownBecause)) Learn(info, details, isFinal);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
        }
        Interlocked.Decrement(ref _unread);
    }
}
