using System.Diagnostics;
using System.Globalization;

namespace Skep.Engine.KernelTests;

/// <summary>A container of podman from an image of its own, made of a busybox, that does as it is told, or else sleeps until the test is over.</summary>
sealed class PodmanContainer : IDisposable
{
    readonly string _work = Directory.CreateTempSubdirectory("skep-podman").FullName;

    public PodmanContainer(string name, params string[] command)
    {
        Name = name;
        try
        {
            Directory.CreateDirectory(Path.Combine(_work, "rootfs/bin"));
            File.Copy("/usr/bin/busybox", Path.Combine(_work, "rootfs/bin/busybox"));
            Run($"tar -C {_work}/rootfs -cf {_work}/image.tar . && podman import {_work}/image.tar {name}:test");
            // Limits that a host without the privilege to raise them has too.
            Id = Run($"podman --runtime runc run --detach --name {name} --network none --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 "
                + $"{name}:test /bin/busybox {(command.Length > 0 ? string.Join(' ', command.Select(c => $"'{c}'")) : "sleep 1000")}").Split('\n')[^1];
            Pid = uint.Parse(Run($"podman inspect --format '{{{{.State.Pid}}}}' {name}"), CultureInfo.InvariantCulture);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string Name { get; }

    public string Id { get; } = "";

    public uint Pid { get; }

    public void Dispose()
    {
        Run($"podman rm --force --time 0 {Name}; podman rmi --force {Name}:test; true");
        Directory.Delete(_work, true);
    }

    // Output goes to a file: the container's monitor keeps what it inherits.
    string Run(string command)
    {
        var output = Path.Combine(_work, "output");
        using var process = Process.Start("/bin/sh", ["-c", $"{{ {command}; }} </dev/null >\"$0\" 2>\"$0.errors\"", output]);
        process.WaitForExit();
        return process.ExitCode == 0 ? File.ReadAllText(output).Trim() : throw new InvalidOperationException($"{command}: {File.ReadAllText(output + ".errors")}");
    }
}
