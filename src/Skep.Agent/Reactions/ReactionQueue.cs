using System.Net;
using System.Threading.Channels;
using Skep.Engine.Records;
using Skep.Engine.Rules;

namespace Skep.Agent.Reactions;

/// <summary>
/// Does what rules want done for their events outside of the kernel: fetches a page, looks up a name. One after the other, apart from the engine's thread; what
/// would have to wait for too long is not done, and counted.
/// </summary>
sealed class ReactionQueue : IDisposable
{
    const int MostWaiting = 256;

    static readonly TimeSpan s_limit = TimeSpan.FromSeconds(5);

    readonly Channel<Reaction> _waiting = Channel.CreateBounded<Reaction>(MostWaiting);
    readonly CancellationTokenSource _end = new();
    readonly Task _worker;
    long _done, _failed, _dropped, _reported;
    volatile string _lastFailure = "";

    public ReactionQueue() => _worker = Task.Run(WorkAsync);

    /// <summary>How many were done.</summary>
    public long Done => Volatile.Read(ref _done);

    /// <summary>How many ended in an error, or took longer than five seconds.</summary>
    public long Failed => Volatile.Read(ref _failed);

    /// <summary>How many were not tried, because too many waited.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Takes on what the event's rule wants.</summary>
    public void Add(in HookEvent hookEvent)
    {
        if ((uint)hookEvent.Rule >= (uint)hookEvent.Request.Rules.Count) return;
        var rule = hookEvent.Request.Rules[hookEvent.Rule];
        Add(rule.Actions);
        Add(rule.ReturnActions);
    }

    /// <summary>Says what failed or was dropped since the last time.</summary>
    public void Report(TextWriter messages)
    {
        if (Failed + Dropped == _reported) return;
        _reported = Failed + Dropped;
        messages.WriteLine($"skep: GetUrl and DnsLookup: {Done} done, {Failed} failed, {Dropped} not tried because {MostWaiting} waited{(_lastFailure.Length > 0 ? $"; last failure: {_lastFailure}" : "")}");
    }

    public void Dispose()
    {
        _waiting.Writer.TryComplete();
        _end.Cancel();
        _worker.Wait();
        _end.Dispose();
    }

    void Add(IReadOnlyList<RuleAction> actions)
    {
        for (var i = 0; i < actions.Count; i++)
        {
            if (actions[i] is Reaction reaction && !_waiting.Writer.TryWrite(reaction)) Interlocked.Increment(ref _dropped);
        }
    }

    async Task WorkAsync()
    {
        using var client = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        while (await _waiting.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            while (!_end.IsCancellationRequested && _waiting.Reader.TryRead(out var reaction)) await DoAsync(client, reaction).ConfigureAwait(false);
            if (_end.IsCancellationRequested) return;
        }
    }

    async Task DoAsync(HttpClient client, Reaction reaction)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
        limit.CancelAfter(s_limit);
        try
        {
            switch (reaction)
            {
                case FetchUrlReaction fetch:
                    // The page itself is of no interest.
                    using (await client.GetAsync(fetch.Url, HttpCompletionOption.ResponseHeadersRead, limit.Token).ConfigureAwait(false))
                    {
                    }
                    break;
                case LookUpNameReaction lookUp:
                    await Dns.GetHostAddressesAsync(lookUp.Name, limit.Token).WaitAsync(limit.Token).ConfigureAwait(false);
                    break;
            }
            Interlocked.Increment(ref _done);
        }
        catch (Exception error) when (error is HttpRequestException or System.Net.Sockets.SocketException or OperationCanceledException or IOException or InvalidOperationException)
        {
            _lastFailure = $"{Describe(reaction)}: {(error is OperationCanceledException ? "no answer in five seconds" : error.Message)}";
            Interlocked.Increment(ref _failed);
        }
    }

    static string Describe(Reaction reaction) => reaction switch
    {
        FetchUrlReaction fetch => fetch.Url.ToString(),
        LookUpNameReaction lookUp => lookUp.Name,
        _ => "",
    };
}
