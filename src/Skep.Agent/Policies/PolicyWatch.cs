using Skep.Bpf;
using Skep.Bpf.Interop;

namespace Skep.Agent.Policies;

/// <summary>
/// Notices that files of policies were added, changed or removed. The kernel's word (inotify) only says when to look: what counts is whether the files
/// are others than before, so that neither temporary files nor a file replaced step by step are taken for a change of policies. What the kernel
/// does not tell, of network file systems for example, is found by looking now and then.
/// </summary>
sealed class PolicyWatch : IDisposable
{
    /// <summary>A change is over when nothing has happened for so long, or for the most when it never is.</summary>
    static readonly TimeSpan s_quiet = TimeSpan.FromMilliseconds(100), s_longest = TimeSpan.FromSeconds(2);

    static readonly TimeSpan s_anyway = TimeSpan.FromSeconds(30);

    readonly IReadOnlyList<string> _paths;
    readonly TextWriter _messages;
    readonly DirectoryWatch _watch = new();
    PolicySnapshot _snapshot;
    Thread? _thread;
    volatile bool _isEnding;
    bool _hasComplained;

    PolicyWatch(IReadOnlyList<string> paths, TextWriter messages)
    {
        (_paths, _messages) = (paths, messages);
        _snapshot = Look(PolicySnapshot.Take(paths), isNew: true);
    }

    /// <summary>Begins to watch: what happens from here on is noticed. Null, which is said, where the kernel refuses.</summary>
    public static PolicyWatch? Begin(IReadOnlyList<string> paths, TextWriter messages)
    {
        try
        {
            return new PolicyWatch(paths, messages);
        }
        catch (BpfException error)
        {
            messages.WriteLine($"skep: warning: files of policies are not watched, send SIGHUP after changes: {error.Message}");
            return null;
        }
    }

    /// <summary>From here on tells of changes, on a thread of its own.</summary>
    /// <param name="changed">Gets the change in words.</param>
    public void Start(Action<string> changed)
    {
        _thread = new Thread(() => Run(changed)) { Name = "policy files", IsBackground = true };
        _thread.Start();
    }

    public void Dispose()
    {
        _isEnding = true;
        _watch.Wake();
        _thread?.Join();
        _watch.Dispose();
    }

    void Run(Action<string> changed)
    {
        while (true)
        {
            var hasHappened = _watch.Wait(s_anyway);
            if (hasHappened) AwaitQuiet();
            if (_isEnding) return;
            try
            {
                var now = Look(PolicySnapshot.Take(_paths), isNew: false);
                var difference = now.DifferenceFrom(_snapshot);
                _snapshot = now;
                if (difference.Length > 0) changed(difference);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                Complain(error.Message);
            }
        }
    }

    void AwaitQuiet()
    {
        for (var waited = TimeSpan.Zero; waited < s_longest && !_isEnding && _watch.Wait(s_quiet); waited += s_quiet) Thread.Sleep(s_quiet);
    }

    /// <summary>Watches what the snapshot was taken of, and takes another one where that is new: something may have happened in between.</summary>
    PolicySnapshot Look(PolicySnapshot now, bool isNew)
    {
        if (!isNew && now.WatchesAs(_snapshot)) return now;
        var failed = _watch.Set(now.Watched);
        if (failed.Count > 0) Complain($"{failed[0]} cannot be watched (fs.inotify.max_user_watches)");
        return PolicySnapshot.Take(_paths);
    }

    void Complain(string problem)
    {
        if (_hasComplained) return;
        _hasComplained = true;
        _messages.WriteLine($"skep: warning: changes of policies' files may be noticed late: {problem}");
    }
}
