using System.Runtime.InteropServices;
using Skep.Bpf;
using Skep.Engine.Containers;
using Skep.Engine.Rules;

namespace Skep.Engine.Runtime;

/// <summary>
/// Keeps in the kernel which control groups belong to the workloads that policies name. A group is a member only when that is certain, and has an
/// entry of its own when everything is certain: till then the kernel lets observing rules through, and their events wait for <see cref="Contains"/>.
/// </summary>
sealed class WorkloadKeeper(ContainerCatalogue containers)
{
    const int KeySize = 16, AnyWorkload = -1;

    /// <summary>Members from which on those of groups that are gone are taken out; the table holds twice as many.</summary>
    const int ManyMembers = 32768;

    const string NamespaceLabel = "k8s:io.kubernetes.pod.namespace";
    static readonly byte[] s_member = [1];

    readonly Dictionary<ulong, (ContainerInfo? Container, int Version)> _groups = [];
    readonly HashSet<(ulong Group, int Workload)> _members = [];
    BpfMap? _table;
    IReadOnlyList<Workload> _workloads = [];
    int _seen = -1, _pruneAt = ManyMembers;

    /// <summary>Why no policy can be about workloads here; null when they can.</summary>
    public string? WhyImpossible => containers.Hierarchy.IsMounted
        ? null
        : "podSelector, containerSelector, hostSelector and matchWorkloads need control groups, and no hierarchy of them is mounted here: mount -t cgroup2 none /sys/fs/cgroup";

    /// <summary>Fills a table for these workloads; from here on <see cref="Update"/> keeps it.</summary>
    public void Keep(BpfMap table, IReadOnlyList<Workload> workloads)
    {
        (_table, _workloads, _seen) = (table, workloads, -1);
        if (workloads.Count > 0) containers.AwaitFirstAnswers();
        _groups.Clear();
        _members.Clear();
        _pruneAt = ManyMembers;
        Update();
    }

    /// <summary>Writes down what has become known since the last time.</summary>
    public void Update()
    {
        if (_table is null || _workloads.Count == 0 || containers.Changes == _seen) return;
        _seen = containers.Changes;
        if (_members.Count >= _pruneAt) Prune();
        foreach (var (group, container) in containers.Groups)
        {
            var version = container?.Version ?? 0;
            if (_groups.TryGetValue(group, out var known) && ReferenceEquals(known.Container, container) && known.Version == version) continue;
            _groups[group] = (container, version);
            for (var workload = 0; workload < _workloads.Count; workload++) Set(group, workload, Contains(_workloads[workload], container));
            // Last: what is missing before it is not certain.
            Set(group, AnyWorkload, container is not { IsFinal: false });
        }
    }

    /// <summary>The container that an event of a process in this group is of; false as long as its runtime may tell more.</summary>
    public bool TryFind(ulong group, uint pid, out ContainerInfo? container)
    {
        container = containers.Find(group, default, pid);
        return container is not { IsFinal: false };
    }

    /// <summary>Whether a container, or the host where it is null, is certain to belong to a workload.</summary>
    internal static bool Contains(Workload workload, ContainerInfo? container)
    {
        if (container is null) return workload.IncludesHost;
        return IsInPod(workload, container.Pod) && HasProperties(workload.Containers, container);
    }

    static bool IsInPod(Workload workload, PodInfo? pod)
    {
        if (workload is { Namespace: "", Pods: null }) return true;
        if (pod is null || (workload.Namespace.Length > 0 && pod.Namespace != workload.Namespace)) return false;
        if (workload.Pods is not { Terms.Count: > 0 } selector) return true;
        if (!pod.HasLabels && selector.Terms.Any(t => t.Key != NamespaceLabel)) return false;
        return selector.Matches(new Dictionary<string, string>(pod.Labels, StringComparer.Ordinal) { [NamespaceLabel] = pod.Namespace });
    }

    static bool HasProperties(LabelSelector? selector, ContainerInfo container)
    {
        if (selector is not { Terms.Count: > 0 }) return true;
        if (container.UnknownBecause is not null) return false;
        return selector.Matches(new Dictionary<string, string>(StringComparer.Ordinal) { ["name"] = container.Name, ["repo"] = Repository(container.Image) });
    }

    /// <summary>An image reference without tag and digest; a colon before the last slash is of a port.</summary>
    static string Repository(string image)
    {
        var name = image.Split('@')[0];
        var colon = name.LastIndexOf(':');
        return colon > name.LastIndexOf('/') ? name[..colon] : name;
    }

    void Prune()
    {
        var alive = containers.Hierarchy.Scanned();
        foreach (var (group, workload) in _members.Where(m => !alive.ContainsKey(m.Group)).ToList()) Set(group, workload, false);
        foreach (var group in _groups.Keys.Where(g => !alive.ContainsKey(g)).ToList()) _groups.Remove(group);
        _pruneAt = Math.Max(ManyMembers, _members.Count + ManyMembers / 4);
    }

    void Set(ulong group, int workload, bool belongs)
    {
        Span<byte> key = stackalloc byte[KeySize];
        key.Clear();
        MemoryMarshal.Write(key, group);
        MemoryMarshal.Write(key[sizeof(ulong)..], workload);
        if (belongs)
        {
            if (_members.Count < (int)_table!.MaxEntries && _members.Add((group, workload))) _table.Update(key, s_member);
        }
        else if (_members.Remove((group, workload)))
        {
            _table!.Delete(key);
        }
    }
}
