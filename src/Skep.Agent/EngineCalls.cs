using System.Collections.Concurrent;
using Skep.Engine.Runtime;

namespace Skep.Agent;

/// <summary>Work for the engine's thread, which alone may touch the engine. It is taken as long as that thread runs, and what was taken is done.</summary>
sealed class EngineCalls
{
    readonly ConcurrentQueue<Action> _calls = new();
    readonly Lock _gate = new();
    SkepEngine? _engine;
    bool _isClosed;

    /// <summary>From now on calls are taken, and wake the engine.</summary>
    public void Open(SkepEngine engine)
    {
        lock (_gate) _engine = engine;
    }

    /// <summary>Has something done on the engine's thread.</summary>
    /// <exception cref="AgentUnavailableException">The engine's thread does not run yet, or no longer.</exception>
    public Task<T> Invoke<T>(Func<SkepEngine, T> call)
    {
        var completion = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        SkepEngine engine;
        lock (_gate)
        {
            if (_isClosed) throw new AgentUnavailableException("the agent is about to end");
            engine = _engine ?? throw new AgentUnavailableException("the agent is about to start");
            _calls.Enqueue(() =>
            {
                try
                {
                    completion.SetResult(call(engine));
                }
                catch (Exception error)
                {
                    // It is the caller's, who waits for it.
                    completion.SetException(error);
                }
            });
        }
        engine.Wake();
        return completion.Task;
    }

    /// <summary>Does what is waiting, on the engine's thread.</summary>
    public void Run()
    {
        while (_calls.TryDequeue(out var call)) call();
    }

    /// <summary>Takes no more calls; those that wait are done.</summary>
    public void Close()
    {
        lock (_gate) _isClosed = true;
        Run();
    }
}
