using System.Text.Json;
using Skep.Bpf.Interop;

namespace Skep.Engine.Containers;

/// <summary>
/// What container runtimes write down of their containers, each in its own place. Files are read up to a limit and believed in nothing: a
/// broken one is as good as none. Rootless runtimes' directories belong to users.
/// </summary>
sealed class RuntimeState(string root, IContainerRuntime? service = null)
{
    const int MaxFile = 8 * 1024 * 1024, MaxText = 1024, MaxUsers = 256, MaxLabels = 1024;
    const long MaxMicroseconds = 250_000_000_000_000_000;
    const string KubernetesPrefix = "io.kubernetes.";
    const string DockerName = "docker", Containerd = "containerd", Podman = "podman", CriO = "cri-o", Runc = "runc", Crun = "crun";

    long _malformed;

    /// <summary>Files and answers that were not what they should be.</summary>
    public long Malformed => Interlocked.Read(ref _malformed);

    /// <summary>Whether runc or crun, used by hand, has a container of this name.</summary>
    public bool HasPlainContainer(string name, out string runtime)
    {
        runtime = "";
        if (!IsPlainName(name)) return false;
        foreach (var (directory, owner, _) in PlainDirectories())
        {
            // It is there before the control group; the file comes later.
            if (!Directory.Exists($"{directory}/{name}")) continue;
            runtime = owner;
            return true;
        }
        return false;
    }

    /// <summary>Asks the runtimes that can have a container of this id.</summary>
    public ContainerDetails Read(string id, string runtime, CancellationToken stop)
    {
        if (!IsPlainName(id)) return new ContainerDetails { UnknownBecause = "its id is no plain name" };
        var tried = new List<string>();
        var found = runtime switch
        {
            "systemd-nspawn" => FromMachines(id),
            "lxc" => new ContainerDetails { Runtime = runtime, Name = id },
            DockerName => FromDocker(id, tried, stop) ?? FromContainerd(id, tried),
            Containerd => FromContainerd(id, tried) ?? FromDocker(id, tried, stop) ?? FromStorage(id, tried),
            Podman or CriO or "buildah" => FromStorage(id, tried) ?? FromPlain(id, tried),
            Runc or Crun => FromPlain(id, tried),
            _ => FromDocker(id, tried, stop) ?? FromContainerd(id, tried) ?? FromStorage(id, tried) ?? FromPlain(id, tried),
        };
        found ??= new ContainerDetails { UnknownBecause = "no state of it can be read: " + string.Join(", ", tried) };
        var isAsked = runtime is Containerd or CriO or "" && (found.UnknownBecause is not null || found.Pod is { HasLabels: false });
        return isAsked ? WithAnswer(found, id, stop) : found;
    }

    /// <summary>Adds what the runtime itself tells to what its files do.</summary>
    ContainerDetails WithAnswer(ContainerDetails found, string id, CancellationToken stop)
    {
        if (service is null || !service.TryFind(id, stop, out var told)) return found;
        if (told is null) return found with { MayLearnMore = true };
        return new ContainerDetails
        {
            Runtime = told.Runtime,
            Name = Bounded(told.Name.Length > 0 ? told.Name : found.Name, MaxText),
            Image = Bounded(told.Image.Length > 0 ? told.Image : found.Image, MaxText),
            ImageId = Bounded(told.ImageId.Length > 0 ? told.ImageId : found.ImageId, MaxText),
            StartTime = found.StartTime != default ? found.StartTime : told.StartTime,
            Pod = told.Pod is { } pod ? WithBounds(pod) : found.Pod,
        };
    }

    static PodInfo WithBounds(PodInfo pod) => pod with
    {
        Namespace = Bounded(pod.Namespace, MaxText),
        Name = Bounded(pod.Name, MaxText),
        Uid = Bounded(pod.Uid, MaxText),
        Labels = pod.Labels.Where(label => label.Key.Length <= MaxText).Take(MaxLabels).ToDictionary(label => label.Key, label => Bounded(label.Value, MaxText), StringComparer.Ordinal),
    };

    ContainerDetails? FromDocker(string id, List<string> tried, CancellationToken stop)
    {
        using var container = Docker(id, tried, stop);
        return container is null ? null : OfDocker(container.RootElement, sandbox => IsPlainName(sandbox) ? Docker(sandbox, tried, stop) : null);
    }

    /// <summary>What Docker has in its file, and what its daemon answers where the file cannot be read.</summary>
    JsonDocument? Docker(string id, List<string> tried, CancellationToken stop)
    {
        if (Json(At($"var/lib/docker/containers/{id}/config.v2.json"), tried) is { } file) return file;
        var answer = Parsed(DockerSocket.TryInspect(At("run/docker.sock"), id, MaxFile, stop));
        if (answer is null) tried.Add(At("run/docker.sock"));
        return answer;
    }

    static ContainerDetails? OfDocker(JsonElement container, Func<string, JsonDocument?> sandbox)
    {
        if (container.ValueKind != JsonValueKind.Object) return null;
        var config = Part(container, "Config");
        var labels = Part(config, "Labels");
        return new ContainerDetails
        {
            Runtime = DockerName,
            Name = Text(labels, "io.kubernetes.container.name") is { Length: > 0 } name ? name : Text(container, "Name").TrimStart('/'),
            Image = Text(config, "Image"),
            ImageId = Text(container, "Image"),
            StartTime = Time(Part(container, "State"), "StartedAt"),
            Pod = PodOfDocker(labels, sandbox),
        };
    }

    /// <summary>Of a pod's containers only its sandbox has the pod's labels, beside Kubernetes' own.</summary>
    static PodInfo? PodOfDocker(JsonElement labels, Func<string, JsonDocument?> sandbox)
    {
        var pod = Pod(Text(labels, KubernetesPrefix + "pod.namespace"), Text(labels, KubernetesPrefix + "pod.name"), Text(labels, KubernetesPrefix + "pod.uid"));
        if (pod is null) return null;
        if (Text(labels, KubernetesPrefix + "docker.type") == "podsandbox") return pod with { HasLabels = true, Labels = Labels(labels) };
        using var holder = sandbox(Text(labels, KubernetesPrefix + "sandbox.id"));
        var own = holder is null ? default : Part(Part(holder.RootElement, "Config"), "Labels");
        return own.ValueKind == JsonValueKind.Object ? pod with { HasLabels = true, Labels = Labels(own) } : pod;
    }

    ContainerDetails? FromContainerd(string id, List<string> tried)
    {
        const string CriPrefix = "io.kubernetes.cri.";
        var tasks = At("run/containerd/io.containerd.runtime.v2.task");
        foreach (var space in Children(tasks, tried))
        {
            var path = $"{space}/{id}/config.json";
            using var file = Json(path, null);
            if (file is null) continue;
            var notes = Part(file.RootElement, "annotations");
            var name = Text(notes, CriPrefix + "container-name");
            if (name.Length == 0 && Text(notes, CriPrefix + "container-type") == "sandbox") name = "POD";
            if (name.Length == 0) name = Text(notes, "nerdctl/name") is { Length: > 0 } given ? given : Text(notes, KubernetesPrefix + "container.name");
            return new ContainerDetails
            {
                Runtime = Path.GetFileName(space) == "moby" ? DockerName : Containerd,
                Name = name,
                Image = Text(notes, CriPrefix + "image-name"),
                ImageId = Text(notes, CriPrefix + "image-id"),
                StartTime = Written(path),
                Pod = Pod(Text(notes, CriPrefix + "sandbox-namespace"), Text(notes, CriPrefix + "sandbox-name"), Text(notes, CriPrefix + "sandbox-uid")) ?? Pod(Labels(notes)),
                UnknownBecause = name.Length == 0 ? "containerd keeps its name in a database" : null,
            };
        }
        tried.Add($"{tasks}/*/{id}/config.json");
        return null;
    }

    /// <summary>systemd-machined's file on a machine: lines of KEY=VALUE; the name is the id.</summary>
    ContainerDetails FromMachines(string name)
    {
        var text = new byte[16 * 1024];
        var length = Math.Max(Libc.TryReadFile(At($"run/systemd/machines/{name}"), text), 0);
        var started = System.Text.Encoding.UTF8.GetString(text, 0, length).Split('\n').FirstOrDefault(l => l.StartsWith("REALTIME=", StringComparison.Ordinal));
        var isTime = long.TryParse(started?[9..], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var microseconds) && microseconds < MaxMicroseconds;
        return new ContainerDetails { Runtime = "systemd-nspawn", Name = name, StartTime = isTime ? DateTime.UnixEpoch.AddMicroseconds(microseconds) : default };
    }

    ContainerDetails? FromStorage(string id, List<string> tried)
    {
        foreach (var storage in StorageDirectories())
        {
            if (FromCriO($"{storage}/{id}/userdata/config.json") is { } crio) return crio;
            foreach (var list in new[] { "containers.json", "volatile-containers.json" })
            {
                using var file = Json($"{storage}/{list}", null);
                if (file is null || file.RootElement.ValueKind != JsonValueKind.Array) continue;
                foreach (var container in file.RootElement.EnumerateArray())
                {
                    if (Text(container, "id") == id) return OfStorage(container, $"{storage}/{id}/userdata/config.json");
                }
            }
            tried.Add($"{storage}/containers.json");
        }
        return null;
    }

    ContainerDetails OfStorage(JsonElement container, string config)
    {
        using var metadata = Text(container, "metadata", MaxFile) is { Length: > 0 } text ? Parsed(System.Text.Encoding.UTF8.GetBytes(text)) : null;
        var inner = metadata?.RootElement ?? default;
        var names = Part(container, "names");
        var first = names.ValueKind == JsonValueKind.Array && names.GetArrayLength() > 0 && names[0].ValueKind == JsonValueKind.String
            ? Bounded(names[0].GetString()!, MaxText) : "";
        var imageId = Text(container, "image");
        return new ContainerDetails
        {
            Runtime = Text(inner, "pod-name").Length > 0 ? CriO : Podman,
            Name = first.Length > 0 ? first : Text(inner, "name"),
            Image = Text(inner, "image-name"),
            ImageId = imageId.Length > 0 ? imageId : Text(inner, "image-id"),
            StartTime = Written(config),
            Pod = PodOfAnnotations(config),
        };
    }

    /// <summary>Podman keeps labels in a database; what was given to it as annotations, as Kubernetes' names of a pod, is in the container's configuration.</summary>
    PodInfo? PodOfAnnotations(string config)
    {
        using var file = Json(config, null);
        return file is null ? null : Pod(Labels(Part(file.RootElement, "annotations")));
    }

    ContainerDetails? FromCriO(string path)
    {
        const string Prefix = "io.kubernetes.cri-o.";
        using var file = Json(path, null);
        var notes = file is null ? default : Part(file.RootElement, "annotations");
        if (Text(notes, Prefix + "ContainerID").Length == 0 && Text(notes, Prefix + "ContainerType").Length == 0) return null;
        var name = Text(notes, KubernetesPrefix + "container.name");
        var pod = Pod(Text(notes, KubernetesPrefix + "pod.namespace"), Text(notes, KubernetesPrefix + "pod.name"), Text(notes, KubernetesPrefix + "pod.uid"));
        return new ContainerDetails
        {
            Runtime = CriO,
            Name = name.Length > 0 ? name : Text(notes, Prefix + "ContainerName"),
            Image = Text(notes, Prefix + "ImageName"),
            ImageId = Text(notes, Prefix + "ImageRef"),
            StartTime = Written(path),
            Pod = pod is not null && LabelsOfSandbox(path, notes) is { } labels ? pod with { HasLabels = true, Labels = labels } : pod,
        };
    }

    /// <summary>A pod's labels are written down, as JSON in an annotation, with its sandbox, which is a container beside the others.</summary>
    Dictionary<string, string>? LabelsOfSandbox(string path, JsonElement notes)
    {
        const string Prefix = "io.kubernetes.cri-o.";
        var id = Text(notes, Prefix + "SandboxID");
        if (!IsPlainName(id)) return null;
        var storage = Path.GetDirectoryName(Path.GetDirectoryName(Path.GetDirectoryName(path)));
        using var sandbox = Json($"{storage}/{id}/userdata/config.json", null);
        var text = sandbox is null ? "" : Text(Part(sandbox.RootElement, "annotations"), Prefix + "Labels", MaxFile);
        using var labels = text.Length > 0 ? Parsed(System.Text.Encoding.UTF8.GetBytes(text)) : null;
        return labels?.RootElement.ValueKind == JsonValueKind.Object ? Labels(labels.RootElement) : null;
    }

    // A container made with runc or crun alone has no other name than its id, and no image; its annotations are among what runc calls labels.
    ContainerDetails? FromPlain(string id, List<string> tried)
    {
        foreach (var (directory, runtime, file) in PlainDirectories())
        {
            using var state = Json($"{directory}/{id}/{file}", tried);
            if (state is null) continue;
            var labels = Labels(Part(Part(state.RootElement, "config"), "labels"));
            return new ContainerDetails
            {
                Runtime = runtime,
                Name = labels.GetValueOrDefault(KubernetesPrefix + "container.name") is { Length: > 0 } name ? name : id,
                StartTime = Time(state.RootElement, "created"),
                Pod = Pod(labels),
            };
        }
        return null;
    }

    // The storage of root, of users, and what runs of users; directories are named after the storage's driver: overlay-containers, vfs-containers.
    IEnumerable<string> StorageDirectories() =>
        Children(At("home"), null).Take(MaxUsers).Select(h => $"{h}/.local/share/containers/storage")
            .Concat(Users().Select(u => $"{u}/containers"))
            .Prepend(At("var/lib/containers/storage"))
            .SelectMany(s => Children(s, null).Where(d => d.EndsWith("-containers", StringComparison.Ordinal)))
            .DefaultIfEmpty(At("var/lib/containers/storage/overlay-containers"));

    IEnumerable<(string Directory, string Runtime, string File)> PlainDirectories()
    {
        foreach (var place in Users().Prepend(At("run")))
        {
            yield return ($"{place}/runc", Runc, "state.json");
            yield return ($"{place}/crun", Crun, "status");
        }
    }

    IEnumerable<string> Users() => Children(At("run/user"), null).Take(MaxUsers);

    static string[] Children(string directory, List<string>? tried)
    {
        try
        {
            return Directory.GetDirectories(directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            tried?.Add(directory);
            return [];
        }
    }

    string At(string path) => Path.Combine(root, path);

    JsonDocument? Json(string path, List<string>? tried)
    {
        if (!Libc.TryStat(path, out var status))
        {
            tried?.Add(path);
            return null;
        }
        var json = status is { IsRegular: true, Size: <= MaxFile } ? new byte[status.Size] : null;
        if (json is not null && Libc.TryReadFile(path, json) == json.Length && Parsed(json) is { } document) return document;
        if (json is null) Interlocked.Increment(ref _malformed);
        tried?.Add($"{path} (not as it should be)");
        return null;
    }

    JsonDocument? Parsed(byte[]? json)
    {
        try
        {
            if (json is not null && JsonDocument.Parse(json) is { } document) return document;
        }
        catch (JsonException)
        {
            Interlocked.Increment(ref _malformed);
        }
        return null;
    }

    static JsonElement Part(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var part) ? part : default;

    static string Text(JsonElement element, string name, int limit = MaxText)
    {
        var part = Part(element, name);
        try
        {
            return part.ValueKind == JsonValueKind.String ? Bounded(part.GetString()!, limit) : "";
        }
        catch (InvalidOperationException)
        {
            // Escapes that are no Unicode.
            return "";
        }
    }

    static string Bounded(string text, int limit) => text.Length <= limit ? text : text[..limit];

    static DateTime Time(JsonElement element, string name) =>
        DateTimeOffset.TryParse(Text(element, name), System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal, out var time)
            ? time.UtcDateTime
            : default;

    // Runtimes write a container's configuration when they start it.
    static DateTime Written(string path) => File.Exists(path) ? File.GetLastWriteTimeUtc(path) : default;

    /// <summary>Of an object, or of texts such as <c>key=value</c>.</summary>
    static Dictionary<string, string> Labels(JsonElement list)
    {
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        if (list.ValueKind == JsonValueKind.Object)
        {
            foreach (var label in list.EnumerateObject().Take(MaxLabels)) labels[label.Name] = Text(list, label.Name);
        }
        if (list.ValueKind != JsonValueKind.Array) return labels;
        foreach (var label in list.EnumerateArray().Take(MaxLabels))
        {
            if (label.ValueKind != JsonValueKind.String || label.GetString()!.Split('=', 2) is not [var key, var value]) continue;
            labels[key] = Bounded(value, MaxText);
        }
        return labels;
    }

    static PodInfo? Pod(Dictionary<string, string> labels) =>
        Pod(labels.GetValueOrDefault(KubernetesPrefix + "pod.namespace", ""), labels.GetValueOrDefault(KubernetesPrefix + "pod.name", ""), labels.GetValueOrDefault(KubernetesPrefix + "pod.uid", "")) is { } pod
            ? pod with { HasLabels = true, Labels = labels }
            : null;

    static PodInfo? Pod(string space, string name, string uid) => name.Length > 0 ? new PodInfo { Namespace = space, Name = name, Uid = uid } : null;

    static bool IsPlainName(string name) => name.Length is > 0 and <= 255 && name is not ("." or "..") && !name.Contains('/', StringComparison.Ordinal) && !name.Contains('\0', StringComparison.Ordinal);
}
