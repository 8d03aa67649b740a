using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Skep.Engine.KernelTests;

/// <summary>A container made by runc: a busybox in a temporary directory that sleeps until the test is over.</summary>
sealed class RuncContainer : IDisposable
{
    const string Runc = "/usr/sbin/runc";

    readonly string _bundle = Directory.CreateTempSubdirectory("skep-bundle").FullName;

    public RuncContainer(string id)
    {
        Id = id;
        foreach (var directory in new[] { "bin", "proc", "dev", "sys" }) Directory.CreateDirectory(Path.Combine(_bundle, "rootfs", directory));
        File.Copy("/usr/bin/busybox", Path.Combine(_bundle, "rootfs/bin/busybox"));
        Run("spec", "--bundle", _bundle);
        var file = Path.Combine(_bundle, "config.json");
        var specification = JsonNode.Parse(File.ReadAllText(file))!;
        var process = specification["process"]!.AsObject();
        process["terminal"] = false;
        process["args"] = new JsonArray("/bin/busybox", "sleep", "1000");
        // Raising limits needs a privilege that the host itself may lack.
        process.Remove("rlimits");
        File.WriteAllText(file, specification.ToJsonString());
        try
        {
            Run("run", "--detach", "--pid-file", Path.Combine(_bundle, "pid"), "--bundle", _bundle, id);
            Pid = uint.Parse(File.ReadAllText(Path.Combine(_bundle, "pid")), CultureInfo.InvariantCulture);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string Id { get; }

    public uint Pid { get; }

    public void Dispose()
    {
        Run("delete", "--force", Id);
        Directory.Delete(_bundle, true);
    }

    // The container's process inherits what is redirected: output goes to files, so that nobody waits for it to end.
    void Run(params string[] arguments)
    {
        var output = Path.Combine(_bundle, "output");
        using var process = Process.Start("/bin/sh", ["-c", "exec \"$@\" </dev/null >\"$0\" 2>&1", output, Runc, .. arguments]);
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"runc {string.Join(' ', arguments)}: {File.ReadAllText(output)}");
    }
}
