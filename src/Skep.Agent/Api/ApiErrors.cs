using Google.Protobuf;
using Grpc.Core;
using Skep.Agent.Policies;
using Skep.Tetragon.Filters;

namespace Skep.Agent.Api;

/// <summary>What a client is told when its call fails. A fault of our own is told, counted and logged, and ends nothing but that call.</summary>
sealed class ApiErrors(ApiCounters counters, MessageLog messages)
{
    public RpcException Explain(string method, Exception error, CancellationToken cancellation)
    {
        switch (error)
        {
            case RpcException told:
                return told;
            case PolicyRefusedException refused:
                return Status(refused.Reason switch
                {
                    PolicyRefusal.NotFound => StatusCode.NotFound,
                    PolicyRefusal.Exists => StatusCode.AlreadyExists,
                    PolicyRefusal.Invalid => StatusCode.InvalidArgument,
                    PolicyRefusal.NotKept => StatusCode.Internal,
                    _ => StatusCode.FailedPrecondition,
                }, refused.Message);
            case FilterException wrong:
                return Status(StatusCode.InvalidArgument, wrong.Message);
            case AgentUnavailableException ends:
                return Status(StatusCode.Unavailable, ends.Message);
            case OperationCanceledException when cancellation.IsCancellationRequested:
                return Status(StatusCode.Cancelled, "the call was cancelled");
            default:
                counters.Fault();
                messages.WriteLine($"skep: API: {method} failed: {error.GetType().Name}: {error.Message}{(messages.IsVerbose ? "\n" + error.StackTrace : "")}");
                return Status(StatusCode.Internal, $"{method}: {error.Message}");
        }
    }

    /// <summary>A request that is none.</summary>
    public RpcException Unreadable(InvalidProtocolBufferException error)
    {
        counters.Refuse(ApiRefusal.BadRequest);
        return Status(StatusCode.InvalidArgument, $"the request cannot be read: {error.Message}");
    }

    static RpcException Status(StatusCode code, string message) => new(new Status(code, message));
}
