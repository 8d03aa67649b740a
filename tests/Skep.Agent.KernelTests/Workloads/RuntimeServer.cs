using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Skep.Agent.Containers.Cri;

namespace Skep.Agent.KernelTests.Workloads;

/// <summary>A container runtime's socket that answers as containerd does: lists by full id, and knows nothing of what it was not told.</summary>
sealed class RuntimeServer : IDisposable
{
    readonly string _directory = Directory.CreateTempSubdirectory("skep-cri").FullName;
    readonly WebApplication _application;

    public RuntimeServer()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(Socket, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(this);
        _application = builder.Build();
        _application.MapGrpcService<Answers>();
        _application.StartAsync().GetAwaiter().GetResult();
    }

    public string Socket => Path.Combine(_directory, "containerd.sock");

    public int Asked { get; private set; }

    public List<Container> Containers { get; } = [];

    public List<PodSandbox> Pods { get; } = [];

    /// <summary>Adds a container of a pod.</summary>
    public void Add(string id, string app)
    {
        var pod = new PodSandbox { Id = $"pod-of-{id}", Metadata = new PodSandboxMetadata { Name = $"{app}-0", Namespace = "shop", Uid = $"uid-{app}" } };
        pod.Labels.Add("app", app);
        lock (Pods)
        {
            Pods.Add(pod);
            Containers.Add(new Container
            {
                Id = id, PodSandboxId = pod.Id, Metadata = new ContainerMetadata { Name = "main" }, Image = new ImageSpec { Image = "sha256:1234", UserSpecifiedImage = $"registry/{app}:1" },
                ImageRef = "registry/x@sha256:1234", CreatedAt = 1_700_000_000_000_000_000,
            });
        }
    }

    public void Dispose()
    {
        _application.StopAsync().GetAwaiter().GetResult();
        ((IDisposable)_application).Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    sealed class Answers(RuntimeServer server) : RuntimeService.RuntimeServiceBase
    {
        public override Task<ListContainersResponse> ListContainers(ListContainersRequest request, ServerCallContext context)
        {
            lock (server.Pods)
            {
                server.Asked++;
                return Task.FromResult(new ListContainersResponse { Containers = { server.Containers.Where(c => c.Id == request.Filter.Id) } });
            }
        }

        public override Task<ListPodSandboxResponse> ListPodSandbox(ListPodSandboxRequest request, ServerCallContext context)
        {
            lock (server.Pods) return Task.FromResult(new ListPodSandboxResponse { Items = { server.Pods.Where(p => p.Id == request.Filter.Id) } });
        }
    }
}
