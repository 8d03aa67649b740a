using Skep.Agent.Health;
using Skep.Engine.Containers;
using Skep.Tetragon.Api;

namespace Skep.Agent.Containers;

/// <summary>The sockets on which runtimes of Kubernetes may be asked (CRI, <c>runtime.v1</c>); those that are not there are looked for each time.</summary>
sealed class RuntimeSockets(IReadOnlyList<string> paths, Action<string> tell) : IContainerRuntime, IDisposable
{
    const string CriO = "crio";

    readonly RuntimeSocket[] _sockets = [.. paths.Select(path => new RuntimeSocket(path))];
    readonly Dictionary<RuntimeSocket, string?> _told = [];
    readonly Lock _asking = new();

    /// <summary>Where they are asked unless somebody says otherwise.</summary>
    public static IReadOnlyList<string> Usual { get; } = ["/run/containerd/containerd.sock", "/run/crio/crio.sock", "/run/k3s/containerd/containerd.sock"];

    /// <summary>The path of an endpoint as <c>unix:/PATH</c>, with slashes or without.</summary>
    public static bool TryPath(string endpoint, out string path)
    {
        path = endpoint.StartsWith("unix://", StringComparison.Ordinal) ? endpoint[7..] : endpoint.StartsWith("unix:", StringComparison.Ordinal) ? endpoint[5..] : "";
        return path.StartsWith('/');
    }

    /// <inheritdoc/>
    public bool TryFind(string id, CancellationToken stop, out RuntimeContainer? container)
    {
        // New containers are asked for by several threads; who waits for one that hangs finds it known to hang then.
        using var asking = _asking.EnterScope();
        container = null;
        var answered = false;
        foreach (var socket in _sockets)
        {
            answered |= socket.TryFind(id, stop, out container);
            Tell(socket);
            if (container is null) continue;
            container = container with { Runtime = socket.Path.Contains(CriO, StringComparison.Ordinal) ? "cri-o" : "containerd" };
            break;
        }
        return answered;
    }

    /// <summary>Whether pods' labels can be asked for.</summary>
    public AbilityStatus Ability()
    {
        const string Name = "labels of pods (CRI)";
        if (_sockets.Length == 0) return new(Name, AbilityState.Off, "--cri-endpoint none");
        var there = _sockets.Where(socket => socket.Exists).ToList();
        if (there.Count == 0) return new(Name, AbilityState.Off, $"no runtime's socket: {string.Join(", ", paths)}");
        var failing = there.Where(socket => socket.Failure is not null).ToList();
        return failing.Count == 0 ? new(Name, AbilityState.On) : new(Name, AbilityState.Degraded, string.Join("; ", failing.Select(s => $"{s.Path}: {s.Failure}")));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var socket in _sockets) socket.Dispose();
    }

    void Tell(RuntimeSocket socket)
    {
        var before = _told.GetValueOrDefault(socket);
        if (before == socket.Failure) return;
        _told[socket] = socket.Failure;
        tell(socket.Failure is { } why ? $"{socket.Path}: {why}: names and labels of its containers may stay unknown" : $"{socket.Path}: answers again");
    }
}
