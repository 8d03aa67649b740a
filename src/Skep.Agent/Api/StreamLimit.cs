using Grpc.Core;

namespace Skep.Agent.Api;

/// <summary>How many streams of events there may be at once: each takes memory.</summary>
sealed class StreamLimit(int most)
{
    int _streams;

    public IDisposable Enter()
    {
        if (Interlocked.Increment(ref _streams) <= most) return new Place(this);
        Interlocked.Decrement(ref _streams);
        throw new RpcException(new Status(StatusCode.ResourceExhausted, $"{most} streams of events are open already"));
    }

    sealed class Place(StreamLimit limit) : IDisposable
    {
        int _isLeft;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isLeft, 1) == 0) Interlocked.Decrement(ref limit._streams);
        }
    }
}
