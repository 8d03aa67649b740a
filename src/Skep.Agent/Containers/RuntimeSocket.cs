using Grpc.Core;
using Grpc.Net.Client;
using Skep.Agent.Containers.Cri;
using Skep.Engine.Containers;

namespace Skep.Agent.Containers;

/// <summary>
/// One runtime's socket. It is asked under a deadline; after a failure not at all for some time, so that a runtime that hangs holds up nothing that is
/// read of others.
/// </summary>
sealed class RuntimeSocket(string path) : IDisposable
{
    /// <summary>An answer about one container has a few kilobytes.</summary>
    const int LargestAnswer = 1024 * 1024;

    const long NanosecondsPerTick = 100;

    static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(1), s_pause = TimeSpan.FromSeconds(10);

    GrpcChannel? _channel;
    long _askedAgain;
    volatile string? _failure;

    /// <summary>The socket.</summary>
    public string Path => path;

    /// <summary>Whether there is one.</summary>
    public bool Exists => File.Exists(path);

    /// <summary>Why it did not answer when it was last asked; null when it did, or was not asked yet.</summary>
    public string? Failure => _failure;

    /// <summary>Asks for a container; false when it does not answer, or did not a moment ago.</summary>
    public bool TryFind(string id, CancellationToken stop, out RuntimeContainer? container)
    {
        container = null;
        if (!Exists || Environment.TickCount64 < _askedAgain) return false;
        try
        {
            _channel ??= Open();
            container = Find(new RuntimeService.RuntimeServiceClient(_channel), id, DateTime.UtcNow + s_deadline, stop);
            _failure = null;
            return true;
        }
        catch (RpcException) when (stop.IsCancellationRequested)
        {
            return false;
        }
        catch (RpcException error)
        {
            _failure = error.StatusCode switch
            {
                StatusCode.DeadlineExceeded => $"no answer within {s_deadline.TotalSeconds:0} s",
                StatusCode.Unimplemented => "it does not serve the container runtime interface (runtime.v1)",
                _ => $"{error.StatusCode}: {(error.InnerException is { } inner ? inner.Message : error.Status.Detail)}",
            };
            _askedAgain = Environment.TickCount64 + (long)s_pause.TotalMilliseconds;
            return false;
        }
    }

    public void Dispose() => _channel?.Dispose();

    static RuntimeContainer? Find(RuntimeService.RuntimeServiceClient runtime, string id, DateTime deadline, CancellationToken stop)
    {
        var containers = runtime.ListContainers(new ListContainersRequest { Filter = new ContainerFilter { Id = id } }, deadline: deadline, cancellationToken: stop).Containers;
        if (containers.FirstOrDefault(c => c.Id == id) is not { } found)
        {
            // The sandbox is a container, too, that the other call does not list.
            return Sandbox(runtime, id, deadline, stop) is { } own ? new RuntimeContainer { Name = "POD", StartTime = Time(own.CreatedAt), Pod = PodOf(own) } : null;
        }
        return new RuntimeContainer
        {
            Name = found.Metadata?.Name ?? "",
            Image = found.Image is { } image ? image.UserSpecifiedImage is { Length: > 0 } given ? given : image.Image : "",
            ImageId = found.ImageRef,
            StartTime = Time(found.CreatedAt),
            Pod = found.PodSandboxId.Length > 0 && Sandbox(runtime, found.PodSandboxId, deadline, stop) is { } sandbox ? PodOf(sandbox) : null,
        };
    }

    static PodSandbox? Sandbox(RuntimeService.RuntimeServiceClient runtime, string id, DateTime deadline, CancellationToken stop) =>
        runtime.ListPodSandbox(new ListPodSandboxRequest { Filter = new PodSandboxFilter { Id = id } }, deadline: deadline, cancellationToken: stop).Items.FirstOrDefault(p => p.Id == id);

    static PodInfo? PodOf(PodSandbox sandbox) => sandbox.Metadata is { Name.Length: > 0 } names
        ? new PodInfo { Namespace = names.Namespace, Name = names.Name, Uid = names.Uid, HasLabels = true, Labels = sandbox.Labels.ToDictionary() }
        : null;

    static DateTime Time(long nanoseconds) => nanoseconds > 0 ? DateTime.UnixEpoch.AddTicks(nanoseconds / NanosecondsPerTick) : default;

    GrpcChannel Open() => GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions
    {
        MaxReceiveMessageSize = LargestAnswer,
        DisposeHttpClient = true,
        HttpHandler = UnixSocketHandler.To(path),
    });
}
