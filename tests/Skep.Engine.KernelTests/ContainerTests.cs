using System.Text;
using Shouldly;
using Skep.Engine.Containers;
using Skep.Engine.Processes;
using Skep.Testing;

namespace Skep.Engine.KernelTests;

public class ContainerTests
{
    [KernelFact(KernelFeature.Runc)]
    public Task Process_in_a_container_of_a_plain_name_is_known_with_container_name_and_pid_inside() => Check($"skep-box-{Environment.ProcessId}");

    [KernelFact(KernelFeature.Runc)]
    public Task Process_in_a_container_of_a_full_id_is_known_with_container_name_and_pid_inside() =>
        Check(Environment.ProcessId.ToString("x64", System.Globalization.CultureInfo.InvariantCulture));

    [KernelFact(KernelFeature.Podman)]
    public async Task Process_in_a_container_of_podman_is_known_with_name_and_image()
    {
        using var container = new PodmanContainer($"skep-{Environment.ProcessId}");
        using var catalogue = new ContainerCatalogue();
        var tree = new ProcessTree(new ProcessTreeOptions(), catalogue);
        ProcessSeeder.Seed(tree, new ProcReader(), catalogue);
        await catalogue.WhenReadAsync();

        var process = tree.FindNewest(container.Pid).ShouldNotBeNull();
        var info = process.Container.ShouldNotBeNull();
        process.PidInNamespace.ShouldBe(1u);
        (info.Id, info.Name, info.Runtime, info.Image, info.UnknownBecause)
            .ShouldBe((container.Id, container.Name, "podman", $"localhost/{container.Name}:test", null));
        // Its monitor runs beside it and is no part of it.
        process.Parent.ShouldNotBeNull().Container.ShouldNotBeSameAs(info);
    }

    static async Task Check(string id)
    {
        using var container = new RuncContainer(id);
        using var catalogue = new ContainerCatalogue();
        var tree = new ProcessTree(new ProcessTreeOptions(), catalogue);
        ProcessSeeder.Seed(tree, new ProcReader(), catalogue);

        var process = tree.FindNewest(container.Pid).ShouldNotBeNull();
        var info = process.Container.ShouldNotBeNull();
        var version = process.Version;
        await catalogue.WhenReadAsync();

        Encoding.UTF8.GetString(process.Executable.Span).ShouldBe("/bin/busybox");
        process.PidInNamespace.ShouldBe(1u);
        process.Flags.HasFlag(ProcessFlags.InInitTree).ShouldBeTrue();
        (info.Id, info.Name, info.Runtime, info.UnknownBecause).ShouldBe((id, id, "runc", null));
        info.StartTime.ShouldBeGreaterThan(DateTime.UtcNow.AddMinutes(-5));
        process.Version.ShouldBeGreaterThanOrEqualTo(version);
        tree.FindNewest((uint)Environment.ProcessId).ShouldNotBeNull().Container.ShouldNotBeSameAs(info);
        catalogue.Find(process.CgroupId, Encoding.UTF8.GetBytes(id), container.Pid).ShouldBeSameAs(info);
        // By the id alone, as for a process that has ended: the group is looked for among the directories.
        if (process.CgroupId > 1) catalogue.Find(process.CgroupId, default, 0).ShouldBeSameAs(info);
    }
}
