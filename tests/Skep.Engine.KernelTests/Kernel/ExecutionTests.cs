using System.Runtime.InteropServices;
using System.Text;
using Shouldly;
using Skep.Testing;

namespace Skep.Engine.KernelTests.Kernel;

/// <summary>Executions of every strange kind, as the sensor tells them.</summary>
public class ExecutionTests
{
    [Flags]
    enum Flags : uint
    {
        Seeded = 1 << 0,
        Forked = 1 << 1,
        InInitTree = 1 << 2,
        NoCwd = 1 << 3,
        RootCwd = 1 << 4,
        CwdUnread = 1 << 5,
        ArgumentsCut = 1 << 6,
        ArgumentsUnread = 1 << 7,
        EnvironmentCut = 1 << 8,
        EnvironmentUnread = 1 << 9,
        Setuid = 1 << 10,
        Setgid = 1 << 11,
        FileCapabilities = 1 << 12,
        Unlinked = 1 << 13,
        Memfd = 1 << 14,
        ExecutableUnread = 1 << 15,
        FilenameCut = 1 << 16,
        ThreadExec = 1 << 17,
    }

    [KernelFact]
    public void A_script_has_its_interpreter_as_executable_and_itself_as_filename()
    {
        using var scene = new Scene();
        var script = scene.AddScript("script", "#!/bin/busybox sh\nexit 3\n");
        var exec = scene.Run(script, ["one", ""], out var code).Single();
        code.ShouldBe(3);
        exec.ExecutablePath.ShouldBe(Scene.ResolvedBusybox);
        exec.FilenameText.ShouldBe(script);
        Encoding.UTF8.GetString([.. exec.Arguments]).ShouldBe($"/bin/busybox\0sh\0{script}\0one\0\0");
        exec.Comm.ShouldBe("script");
        exec.Flags.ShouldBe(0u);
    }

    [KernelFact]
    public void Arguments_of_any_length_arrive_whole()
    {
        using var scene = new Scene();
        string[] arguments = ["true", new string('x', 131071), .. Enumerable.Range(0, 300).Select(i => new string((char)('a' + (i % 26)), 3000))];
        var exec = scene.Run(Scene.Busybox, arguments).Single();
        exec.ArgumentList.ShouldBe([Scene.Busybox, .. arguments]);
        exec.Fixed.ArgumentsTotal.ShouldBe((uint)exec.Arguments.Count);
        exec.Environment.ShouldBeEmpty();
        exec.Flags.ShouldBe(0u);
    }

    [KernelFact]
    public void Arguments_and_environment_end_at_their_limits_and_say_so()
    {
        using var scene = new Scene(new KernelSide.Control { Generation = 1, Flags = 1, ArgumentLimit = 100, EnvironmentLimit = 5000 });
        var exec = scene.Run("/bin/sh", "-c", $"exec env -i A=1 B=2 /bin/busybox true {new string('x', 200)}")[^1];
        exec.Arguments.Count.ShouldBe(100);
        exec.Fixed.ArgumentsTotal.ShouldBe((uint)(Scene.Busybox.Length + 1 + 5 + 201));
        exec.Flags.ShouldBe((uint)Flags.ArgumentsCut);
        Encoding.UTF8.GetString([.. exec.Environment]).ShouldBe("A=1\0B=2\0");
        exec.Fixed.EnvironmentTotal.ShouldBe(8u);
    }

    [KernelFact]
    public void Long_arguments_and_environment_are_told_apart()
    {
        using var scene = new Scene(new KernelSide.Control { Generation = 1, Flags = 1, ArgumentLimit = 1 << 20, EnvironmentLimit = 1 << 20 });
        var (argument, variable) = (new string('a', 100_000), new string('e', 110_000));
        var exec = scene.Run("/bin/sh", "-c", "exec env -i E=$(head -c 110000 /dev/zero | tr '\\0' e) /bin/busybox true $(head -c 100000 /dev/zero | tr '\\0' a)")[^1];
        exec.ArgumentList.ShouldBe([Scene.Busybox, "true", argument]);
        Encoding.UTF8.GetString([.. exec.Environment]).ShouldBe($"E={variable}\0");
        exec.Flags.ShouldBe(0u);
    }

    [KernelFact]
    public void Names_are_bytes_whatever_they_are()
    {
        using var scene = new Scene();
        var exec = scene.Shell($"""
            name=$(printf '{scene.Path}/busybox\377\001\302 y')
            cp {Scene.Busybox} "$name"
            cd {scene.Path}
            exec "$name" true bytes-1
            """, "bytes-1");
        byte[] expected = [.. Encoding.UTF8.GetBytes(scene.Path), .. "/busybox"u8, 0xff, 1, 0xc2, .. " y"u8];
        exec.Executable.ShouldBe(expected);
        exec.Filename.ShouldBe(expected);
        exec.CwdPath.ShouldBe(scene.Path);
    }

    [KernelFact]
    public void Paths_of_4_KB_arrive_whole()
    {
        using var scene = new Scene();
        var directory = scene.Path;
        while (directory.Length < 3800) directory += "/" + new string('d', 200);
        var name = "busybox" + new string('n', 4083 - directory.Length);
        Directory.CreateDirectory(directory);
        var exec = scene.Shell($"cd {directory} && cp {Scene.Busybox} {name} && exec {directory}/{name} true deep-1", "deep-1");
        exec.ExecutablePath.ShouldBe($"{directory}/{name}");
        exec.FilenameText.ShouldBe($"{directory}/{name}");
        exec.CwdPath.ShouldBe(directory);
        exec.Flags.ShouldBe(0u);
    }

    [KernelFact]
    public void A_program_in_anonymous_memory_is_recognised()
    {
        using var scene = new Scene();
        var memory = Native.CreateMemoryFile("payload", 0);
        using (var file = new FileStream(new Microsoft.Win32.SafeHandles.SafeFileHandle(memory, false), FileAccess.Write)) file.Write(File.ReadAllBytes(Scene.Busybox));
        // The writer must be gone.
        var exec = scene.Shell($"exec 3</proc/{Environment.ProcessId}/fd/{memory}; : >{scene.Path}/opened; while [ -e {scene.Path}/opened ]; do sleep 0.01; done; exec /proc/self/fd/3 true memory-1", "memory-1", meanwhile: () =>
        {
            while (!File.Exists(scene.Path + "/opened")) Thread.Sleep(5);
            _ = Native.Close(memory);
            File.Delete(scene.Path + "/opened");
        });
        exec.ExecutablePath.ShouldBe("/memfd:payload");
        ((Flags)exec.Flags).ShouldBe(Flags.Memfd | Flags.Unlinked);
        exec.Fixed.Links.ShouldBe(0u);
    }

    [KernelFact]
    public void A_deleted_program_keeps_its_path_and_is_flagged()
    {
        using var scene = new Scene();
        var path = scene.AddBusybox("busybox-doomed");
        var exec = scene.Shell($"exec 3<{path}; rm {path}; exec /proc/self/fd/3 true doomed-1", "doomed-1");
        exec.ExecutablePath.ShouldBe(path);
        ((Flags)exec.Flags).ShouldBe(Flags.Unlinked);
        exec.Fixed.Links.ShouldBe(0u);
    }

    [KernelFact]
    public unsafe void Privileges_that_come_with_a_file_are_flagged()
    {
        using var scene = new Scene();
        // Busybox drops privileges only when it is about to use them.
        var setuid = scene.AddBusybox("busybox-setuid", 0x9ed);
        var plain = scene.AddBusybox("busybox-plain");
        var setgid = scene.AddBusybox("busybox-setgid", 0x5ed);
        var capable = scene.AddBusybox("busybox-capable");
        Native.SetAttribute(capable, "security.capability", [1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 20, 0).ShouldBe(0);

        // As root nothing is gained.
        scene.Run(setuid, "true").Single().Flags.ShouldBe(0u);
        scene.Run(capable, "true").Single().Flags.ShouldBe(0u);

        var asNobody = "start-stop-daemon -S -c 65534:65534 -x";
        var exec = scene.Shell($"busybox {asNobody} {setuid} -- true gain-1", "gain-1");
        ((Flags)exec.Flags).ShouldBe(Flags.Setuid);
        (exec.Fixed.Credentials.Uid, exec.Fixed.Credentials.Euid).ShouldBe((65534u, 0u));
        exec = scene.Shell($"busybox {asNobody} {setgid} -- true gain-2", "gain-2");
        ((Flags)exec.Flags).ShouldBe(Flags.Setgid);
        (exec.Fixed.Credentials.Gid, exec.Fixed.Credentials.Egid).ShouldBe((65534u, 0u));
        exec = scene.Shell($"busybox {asNobody} {capable} -- true gain-3", "gain-3");
        ((Flags)exec.Flags).ShouldBe(Flags.FileCapabilities);
        exec.Fixed.Credentials.Permitted.ShouldBe(1ul << 13);
        exec = scene.Shell($"busybox {asNobody} {plain} -- true gain-4", "gain-4");
        exec.Flags.ShouldBe(0u);
    }

    [KernelFact]
    public void Paths_in_a_chroot_are_its_own()
    {
        using var scene = new Scene();
        scene.AddBusybox("jail/bin/busybox");
        var exec = scene.Shell($"exec busybox chroot {scene.Path}/jail /bin/busybox true jail-1", "/bin/busybox", exec => exec.ArgumentList is ["/bin/busybox", "true", "jail-1"]);
        exec.ExecutablePath.ShouldBe("/bin/busybox");
        exec.CwdPath.ShouldBe("/");
        ((Flags)exec.Flags).ShouldBe(Flags.RootCwd);
    }

    [KernelFact]
    public void Mounts_on_mounts_and_overlays_give_the_path_that_the_process_sees()
    {
        using var scene = new Scene();
        scene.AddBusybox("lower/busybox-1");
        foreach (var directory in (string[])["merged", "work", "upper", "bound/inner"]) Directory.CreateDirectory(Path.Combine(scene.Path, directory));
        var exec = scene.Shell($"""
            cd {scene.Path}
            exec busybox unshare -m sh -c '
                mount -t tmpfs none work && mkdir work/w work/upper
                mount -t overlay overlay -o lowerdir={scene.Path}/lower,upperdir={scene.Path}/work/upper,workdir={scene.Path}/work/w {scene.Path}/merged
                mount --bind {scene.Path}/merged {scene.Path}/bound/inner
                cd bound/inner
                {scene.Path}/merged/busybox-1 true overlay-1
                ./busybox-1 true overlay-2'
            """, "overlay-2");
        exec.ExecutablePath.ShouldBe($"{scene.Path}/bound/inner/busybox-1");
        exec.FilenameText.ShouldBe("./busybox-1");
        exec.CwdPath.ShouldBe($"{scene.Path}/bound/inner");
        scene.Find("overlay-1")[0].ExecutablePath.ShouldBe($"{scene.Path}/merged/busybox-1");
        exec.Fixed.Namespaces.Mnt.ShouldNotBe(uint.Parse(new FileInfo("/proc/self/ns/mnt").LinkTarget![5..^1]));
    }

    [KernelFact]
    public void The_first_process_of_a_pid_namespace_and_its_children_are_in_the_init_tree()
    {
        using var scene = new Scene();
        var exec = scene.Shell("exec busybox unshare -p -f -u sh -c 'busybox true tree-1; busybox true tree-2; :'", "tree-2");
        ((Flags)exec.Flags).ShouldBe(Flags.InInitTree);
        exec.Fixed.PidInNamespace.ShouldBe(3u);
        var shell = scene.Kernel.Executions((int)exec.Fixed.Header.ParentPid)[0];
        ((Flags)shell.Flags).ShouldBe(Flags.InInitTree);
        shell.Fixed.PidInNamespace.ShouldBe(1u);
        shell.Fixed.Header.Start.ShouldBe(exec.Fixed.Header.ParentStart);
        exec.Fixed.Namespaces.Uts.ShouldBe(shell.Fixed.Namespaces.Uts);
        exec.Fixed.Namespaces.Uts.ShouldNotBe(uint.Parse(new FileInfo("/proc/self/ns/uts").LinkTarget![5..^1]));
        exec.Fixed.Namespaces.Pid.ShouldNotBe(uint.Parse(new FileInfo("/proc/self/ns/pid").LinkTarget![5..^1]));
        var fork = scene.Kernel.OfKind(RecordLayouts.Fork).Single(record => record.Header.Pid == shell.Fixed.Header.Pid);
        BitConverter.ToUInt32(fork.Bytes, 64).ShouldBe(1u);
    }

    [KernelFact]
    public void A_user_namespace_shows_its_level_and_owner()
    {
        using var scene = new Scene();
        var exec = scene.Shell("exec busybox unshare -U -r busybox true user-1", "user-1", exec => exec.Fixed.Credentials.UserNamespaceLevel > 0);
        exec.Fixed.Credentials.UserNamespaceLevel.ShouldBe(1u);
        exec.Fixed.Credentials.UserNamespaceOwner.ShouldBe(0u);
        exec.Fixed.Credentials.UserNamespace.ShouldNotBe(uint.Parse(new FileInfo("/proc/self/ns/user").LinkTarget![6..^1]));
        exec.Fixed.Namespaces.User.ShouldBe(exec.Fixed.Credentials.UserNamespace);
    }

    [KernelFact]
    public void An_execution_by_another_thread_keeps_the_identity()
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64) return;
        using var scene = new Scene();
        foreach (var (name, program) in (ReadOnlySpan<(string, byte[])>)[
            ("waits", TinyProgram.ThreadThatExecutes(Scene.Busybox, "busybox", "true", "thread-1")),
            ("ends", TinyProgram.ThreadThatExecutesAlone(Scene.Busybox, "busybox", "true", "thread-1"))])
        {
            var executions = scene.Run(scene.Add(name, program), [], out var code);
            code.ShouldBe(0);
            executions.Count.ShouldBe(2);
            var exec = executions[1];
            exec.ArgumentList.ShouldBe(["busybox", "true", "thread-1"]);
            ((Flags)exec.Flags).ShouldBe(Flags.ThreadExec);
            exec.Fixed.Header.Tid.ShouldBe(exec.Fixed.Header.Pid);
            exec.Fixed.ReplacedStart.ShouldBe(executions[0].Fixed.Header.Start);
            exec.Fixed.Header.ParentStart.ShouldBe(executions[0].Fixed.Header.ParentStart);
            scene.Kernel.OfKind(RecordLayouts.Exit).Count(record => record.Header.Pid == exec.Fixed.Header.Pid).ShouldBe(1);
        }
    }

    [KernelFact]
    public void Children_by_vfork_and_of_ones_own_parent_name_their_creator()
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64) return;
        using var scene = new Scene();
        foreach (var (name, program) in (ReadOnlySpan<(string, byte[])>)[
            ("vfork", TinyProgram.ForkThatExecutes(Scene.Busybox, "busybox", "true", "child-vfork")),
            ("sibling", TinyProgram.SiblingThatExecutes(Scene.Busybox, "busybox", "true", "child-sibling"))])
        {
            var creator = scene.Run(scene.Add(name, program)).Single().Fixed.Header;
            scene.Kernel.Until(() => scene.Find($"child-{name}").Count > 0);
            var exec = scene.Find($"child-{name}").Single();
            (exec.Fixed.Header.ParentPid, exec.Fixed.Header.ParentStart).ShouldBe((creator.Pid, creator.Start), name);
            var fork = scene.Kernel.OfKind(RecordLayouts.Fork).Single(record => record.Header.Pid == exec.Fixed.Header.Pid).Header;
            (fork.ParentPid, fork.ParentStart, fork.Start).ShouldBe((creator.Pid, creator.Start, exec.Fixed.ReplacedStart), name);
        }
    }

    [KernelFact]
    public void Threads_that_end_together_end_the_process_once()
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64) return;
        using var scene = new Scene();
        var program = scene.Add("together", TinyProgram.ThreadsThatEndTogether());
        for (var i = 0; i < 200; i++)
        {
            var pid = (int)scene.Run(program, [], out var code).Single().Fixed.Header.Pid;
            code.ShouldBe(7);
            var exit = scene.Kernel.OfKind(RecordLayouts.Exit).Single(record => record.Header.Pid == pid);
            BitConverter.ToUInt32(exit.Bytes, 64).ShouldBe(7u << 8);
            scene.Kernel.OfKind(RecordLayouts.Fork).Count(record => record.Header.Pid == pid).ShouldBe(1);
            scene.Kernel.Records.Clear();
        }
    }

    [KernelFact]
    public void Thousands_of_processes_are_each_told_once_and_in_order()
    {
        using var scene = new Scene();
        const int Loops = 4, Times = 500;
        var shells = Enumerable.Range(0, Loops).Select(_ => Scene.Start("/bin/sh", "-c", $"i=0; while [ $i -lt {Times} ]; do /bin/busybox true storm-$i; i=$((i+1)); done; exit 5")).ToList();
        foreach (var shell in shells) shell.WaitForExit();
        scene.Kernel.Until(() => shells.TrueForAll(shell => scene.Kernel.HasEnded(shell.Id)));
        foreach (var shell in shells)
        {
            var identity = scene.Kernel.Executions(shell.Id).Single().Fixed.Header;
            var forks = scene.Kernel.OfKind(RecordLayouts.Fork).Where(record => record.Header.ParentPid == shell.Id && record.Header.ParentStart == identity.Start).Select(record => record.Header).ToList();
            forks.Count.ShouldBe(Times);
            var number = 0;
            foreach (var fork in forks)
            {
                var story = scene.Kernel.Records.Where(bytes => BitConverter.ToUInt32(bytes, 32) == fork.Pid && BitConverter.ToUInt64(bytes, 40 + 8) == identity.Start).ToList();
                story.Select(bytes => BitConverter.ToUInt16(bytes, 4)).ShouldBe([RecordLayouts.Fork, RecordLayouts.Exec, RecordLayouts.Exit]);
                new ExecutionRecord(story[1]).ArgumentList[^1].ShouldBe($"storm-{number++}");
            }
            BitConverter.ToUInt32(scene.Kernel.OfKind(RecordLayouts.Exit).Single(record => record.Header.Pid == shell.Id).Bytes, 64).ShouldBe(5u << 8);
            shell.Dispose();
        }
        var (_, _, ring, slot) = scene.Kernel.Counters();
        (ring, slot).ShouldBe((0ul, 0ul));
    }
}
