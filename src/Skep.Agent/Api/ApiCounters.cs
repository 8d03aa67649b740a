namespace Skep.Agent.Api;

/// <summary>What the API did since the agent started: for metrics and status; from any thread.</summary>
public sealed class ApiCounters
{
    readonly long[] _refused = new long[Enum.GetValues<ApiRefusal>().Length];
    long _connections, _accepted, _calls, _failed, _faults;

    /// <summary>Connections that are open.</summary>
    public long Connections => Interlocked.Read(ref _connections);

    /// <summary>Connections that were taken.</summary>
    public long Accepted => Interlocked.Read(ref _accepted);

    /// <summary>Calls that have ended, refused ones included.</summary>
    public long Calls => Interlocked.Read(ref _calls);

    /// <summary>Of these, calls that ended with an error.</summary>
    public long Failed => Interlocked.Read(ref _failed);

    /// <summary>Of these, calls that failed by a fault of the agent itself.</summary>
    public long Faults => Interlocked.Read(ref _faults);

    /// <summary>How often something was refused for a reason.</summary>
    public long Refused(ApiRefusal reason) => Interlocked.Read(ref _refused[(int)reason]);

    /// <summary>How often anything was refused.</summary>
    public long RefusedAtAll => Enum.GetValues<ApiRefusal>().Sum(Refused);

    /// <summary>Counts a refusal; the first one of its kind is worth a message.</summary>
    internal bool Refuse(ApiRefusal reason) => Interlocked.Increment(ref _refused[(int)reason]) == 1;

    internal void Open()
    {
        Interlocked.Increment(ref _connections);
        Interlocked.Increment(ref _accepted);
    }

    internal void Close() => Interlocked.Decrement(ref _connections);

    internal void EndCall(bool failed)
    {
        Interlocked.Increment(ref _calls);
        if (failed) Interlocked.Increment(ref _failed);
    }

    internal void Fault() => Interlocked.Increment(ref _faults);
}
