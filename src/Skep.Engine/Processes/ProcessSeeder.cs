using Skep.Engine.Containers;
using Skep.Engine.Runtime;

namespace Skep.Engine.Processes;

/// <summary>
/// Fills a tree with the processes that are older than the agent. The kernel's side gives them the same identity: pid and the time of
/// their creation, rounded down to 10 ms. Kernel threads are entered too, named <c>[name]</c> as ps(1) does, since they start processes
/// and are hooked like any other. Run it on the tree's thread after the kernel's programs are attached: then nothing falls in between,
/// and what was started meanwhile is told by its records.
/// </summary>
public static class ProcessSeeder
{
    /// <summary>Enters what runs now, parents first; the number of processes that were entered.</summary>
    public static int Seed(ProcessTree tree, ProcReader reader, ContainerCatalogue? containers = null) => Seed(tree, reader, containers, static () => new Dictionary<uint, ListedProcess>());

    /// <summary>
    /// Enters what runs now. What the kernel has a record of, because it was started under an agent, is known by that one's identity: texts are
    /// from /proc, and give way to the process's own record if that is still to come.
    /// </summary>
    internal static int Seed(ProcessTree tree, ProcReader reader, ContainerCatalogue? containers, Func<IReadOnlyDictionary<uint, ListedProcess>> list)
    {
        ArgumentNullException.ThrowIfNull(tree);
        ArgumentNullException.ThrowIfNull(reader);
        var before = list();
        var found = new Dictionary<uint, ProcProcess>();
        foreach (var pid in reader.Pids())
        {
            if (reader.TryRead(pid) is { } process) found[pid] = process;
        }
        var listed = list();
        foreach (var (pid, process) in listed)
        {
            // It was started, or executed another program, while /proc was read: its record tells all about it.
            if ((process.Flags & ProcessFlags.Seeded) == 0 && before.GetValueOrDefault(pid).Id != process.Id) found.Remove(pid);
        }
        var entered = new Dictionary<uint, ProcessInfo?>();
        var hostPidNamespace = found.TryGetValue(1, out var init) ? init.Namespaces.Pid : 0;
        var lineage = new Stack<ProcProcess>();
        var count = 0;
        foreach (var process in found.Values)
        {
            for (var next = process; next is not null && entered.TryAdd(next.Pid, null); next = found.GetValueOrDefault(next.ParentPid)) lineage.Push(next);
            while (lineage.TryPop(out var next))
            {
                if (Enter(next)) count++;
            }
        }
        return count;

        bool Enter(ProcProcess process)
        {
            var parent = entered.GetValueOrDefault(process.ParentPid);
            // The first process of a container's pid namespace, and all that come of it.
            var isInInitTree = process.Namespaces.Pid != hostPidNamespace && process.Namespaces.Pid != 0
                && (process.PidInNamespace == 1 || (parent is not null && (parent.Flags & ProcessFlags.InInitTree) != 0));
            var flags = ProcessFlags.Seeded | (isInInitTree ? ProcessFlags.InInitTree : 0);
            var info = listed.TryGetValue(process.Pid, out var known)
                ? process.ToProcessInfo(known.Id, known.Flags, containers, null, known.ParentId)
                : process.ToProcessInfo(new ProcessId(process.Pid, process.Start), flags, containers, null, parent?.Id ?? default);
            // The parent that forked it may have executed another program since.
            if (parent is not null && tree.Find(info.ParentId) is null) info.AdoptBy(parent, parent.Id);
            info.IsPlaceholder = (info.Flags & ProcessFlags.Seeded) == 0;
            var isNew = tree.Seed(info);
            entered[process.Pid] = isNew ? info : tree.FindNewest(process.Pid);
            return isNew;
        }
    }
}
