using System.Diagnostics;
using Shouldly;
using Skep.Engine.Containers;
using Skep.Engine.Processes;
using Skep.Engine.Records;
using Skep.Engine.Runtime;
using Skep.Testing;
using Xunit;

namespace Skep.Engine.KernelTests.Runtime;

/// <summary>In each hierarchy of control groups that is mounted here the kernel's side and user space mean the same group by an id.</summary>
public class HierarchyTests
{
    const string ContainerId = "00000000000000000000000000000000000000000000000000000000005ce9c6";

    [KernelFact]
    public void Group_of_an_execution_is_the_one_that_user_space_finds_in_every_hierarchy()
    {
        var hierarchies = All();
        hierarchies.ShouldNotBeEmpty();
        foreach (var hierarchy in hierarchies) Check(hierarchy);
        Console.Error.WriteLine($"hierarchies: {string.Join(", ", hierarchies.Select(h => h.Controller.Length > 0 ? h.Controller : "v2"))}");
    }

    static void Check(CgroupHierarchy hierarchy)
    {
        var group = Path.Combine(hierarchy.Mount, $"skep-{Environment.ProcessId}", ContainerId);
        Directory.CreateDirectory(group);
        // A group of cpuset takes nobody in before it has what its parent has.
        foreach (var file in (string[])["cpuset.cpus", "cpuset.mems"])
        {
            if (hierarchy.Controller != "cpuset") continue;
            var value = File.ReadAllText(Path.Combine(hierarchy.Mount, file));
            File.WriteAllText(Path.Combine(group, "..", file), value);
            File.WriteAllText(Path.Combine(group, file), value);
        }
        try
        {
            var listener = new Listener();
            using var engine = SkepEngine.Start(new EngineOptions { Hierarchy = hierarchy }, listener);
            var late = Path.Combine(group, "late");
            using (var process = Process.Start("/bin/sh", ["-c", $"echo $$ > '{group}/cgroup.procs'; /bin/true; mkdir '{late}'; rmdir '{late}'"])) process.WaitForExit();
            var started = Stopwatch.GetTimestamp();
            ProcessInfo? found = null;
            while (found is null && Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(5))
            {
                engine.Poll(TimeSpan.FromMilliseconds(5));
                found = listener.Processes.FirstOrDefault(p => p.Container?.Id == ContainerId);
            }
            found.ShouldNotBeNull(hierarchy.Controller).CgroupId.ShouldBe(hierarchy.IdOf($"/skep-{Environment.ProcessId}/{ContainerId}"));
            engine.Malformed.ShouldBe(0);
        }
        finally
        {
            Remove(group);
            Remove(Path.GetDirectoryName(group)!);
        }
    }

    static List<CgroupHierarchy> All()
    {
        var found = new List<CgroupHierarchy>();
        foreach (var mount in Bpf.MountPoint.All())
        {
            if (mount.FileSystem == "cgroup2" && found.TrueForAll(h => h.Number != 0)) found.Add(CgroupHierarchy.At(mount.Path));
            if (mount.FileSystem != "cgroup") continue;
            foreach (var controller in mount.Options.Split(','))
            {
                if (CgroupHierarchy.At(mount.Path, controller, "/") is { } older && found.TrueForAll(h => h.Number != older.Number)) found.Add(older);
            }
        }
        return found;
    }

    static void Remove(string directory)
    {
        for (var attempt = 0; attempt < 50; attempt++)
        {
            try
            {
                Directory.Delete(directory);
                return;
            }
            catch (IOException)
            {
                Thread.Sleep(20);
            }
        }
    }

    sealed class Listener : IEngineListener
    {
        public List<ProcessInfo> Processes { get; } = [];

        public void OnExec(ProcessInfo process, ulong time, uint tid, ReadOnlySpan<ProcessMatch> matches) => Processes.Add(process);

        public void OnExit(ProcessInfo process, ulong time, uint tid, uint status, ReadOnlySpan<ProcessMatch> matches)
        {
        }

        public void OnHook(in HookEvent hookEvent)
        {
        }

        public void OnBatch()
        {
        }
    }
}
