using Skep.Engine.Containers;
using Skep.Falco.Evaluation;
using Skep.Falco.Fields;
using static Skep.Falco.Events.EventFields;
using static Skep.Falco.Events.FieldReaders;

namespace Skep.Falco.Events;

/// <summary>Fields of the process's container and pod. On the host only the id, name and type are there, and say so.</summary>
static class ContainerFields
{
    const int ShortId = 12;

    public static void Register()
    {
        WithHost("container.id", c => c.Id.Length > ShortId ? c.Id[..ShortId] : c.Id);
        WithHost("container.name", c => c.Name);
        WithHost("container.type", c => c.Runtime);
        Of("container.full_id", c => c.Id);
        Of("container.image", c => c.Image);
        Of("container.image.id", c => c.ImageId);
        Of("container.image.repository", c => Split(c.Image).Repository);
        Of("container.image.tag", c => Split(c.Image).Tag);
        Of("container.image.digest", c => Split(c.Image).Digest);
        Of("k8s.pod.name", c => c.Pod?.Name);
        Of("k8s.ns.name", c => c.Pod?.Namespace);
        foreach (var name in (string[])["k8s.pod.uid", "k8s.pod.id"]) Of(name, c => c.Pod?.Uid);
        Of("k8s.pod.labels", c => c.Pod is { HasLabels: true } pod ? string.Join(", ", pod.Labels.Select(l => $"{l.Key}:{l.Value}")) : null);
        Add("k8s.pod.label", One((FalcoEvent e, FieldReference f, out FieldValue v) =>
            e.Process?.Container?.Pod is { HasLabels: true } pod && pod.Labels.TryGetValue(f.Argument!, out var label) ? Give(e.Keep(label), out v) : None(out v)));
        Add("container.privileged", One((FalcoEvent e, FieldReference _, out FieldValue v) => e.Process?.Container is { Pod: { } pod } ? Give(pod.IsPrivileged, out v) : None(out v)));
        Add("container.start_ts", One((FalcoEvent e, FieldReference _, out FieldValue v) => Started(e) is { } time ? Give(time, out v) : None(out v)));
        Add("container.duration", One((FalcoEvent e, FieldReference _, out FieldValue v) => Started(e) is { } time ? Give(e.Time > time ? e.Time - time : 0, out v) : None(out v)));
    }

    static void WithHost(string name, Func<ContainerInfo, string?> read) => Add(name, One((FalcoEvent e, FieldReference _, out FieldValue v) =>
    {
        if (e.Process is not { } process) return None(out v);
        if (process.Container is not { } container) return Give("host"u8, out v);
        return read(container) is { Length: > 0 } text ? Give(e.Keep(text), out v) : None(out v);
    }));

    static void Of(string name, Func<ContainerInfo, string?> read) => Add(name, One((FalcoEvent e, FieldReference _, out FieldValue v) =>
        e.Process?.Container is { } container && read(container) is { Length: > 0 } text ? Give(e.Keep(text), out v) : None(out v)));

    static ulong? Started(FalcoEvent e) => e.Process?.Container is { } container && container.StartTime > DateTime.UnixEpoch ? (ulong)(container.StartTime - DateTime.UnixEpoch).Ticks * 100 : null;

    /// <summary>An image's name: <c>registry:5000/name:tag@digest</c>.</summary>
    static (string Repository, string? Tag, string? Digest) Split(string image)
    {
        string? digest = null, tag = null;
        if (image.IndexOf('@', StringComparison.Ordinal) is >= 0 and var at) (image, digest) = (image[..at], image[(at + 1)..]);
        // A colon before a slash is that of a port.
        if (image.LastIndexOf(':') is var colon && colon > image.LastIndexOf('/')) (image, tag) = (image[..colon], image[(colon + 1)..]);
        return (image, tag, digest);
    }
}
