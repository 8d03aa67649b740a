using System.Diagnostics;

namespace Skep.Engine.KernelTests.Kernel;

/// <summary>A directory for a test's programs, the sensor watching, and ways to start processes.</summary>
sealed class Scene : IDisposable
{
    public const string Busybox = "/bin/busybox";

    /// <summary>Where /bin may be a link.</summary>
    public static string ResolvedBusybox => System.IO.Path.Combine(new DirectoryInfo("/bin").ResolveLinkTarget(true)?.FullName ?? "/bin", "busybox");

    public KernelSide Kernel { get; }

    public string Path { get; } = Directory.CreateTempSubdirectory("skep-scene-").FullName;

    public Scene(KernelSide.Control? control = null)
    {
        Kernel = new KernelSide(control: control).Watch();
        if (OperatingSystem.IsLinux()) File.SetUnixFileMode(Path, (UnixFileMode)0x1ed);
    }

    public string Add(string name, byte[] content, int mode = 0x1ed)
    {
        var path = System.IO.Path.Combine(Path, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        if (OperatingSystem.IsLinux()) File.SetUnixFileMode(path, (UnixFileMode)mode);
        return path;
    }

    public string AddScript(string name, string text) => Add(name, System.Text.Encoding.UTF8.GetBytes(text));

    public string AddBusybox(string name, int mode = 0x1ed) => Add(name, File.ReadAllBytes(Busybox), mode);

    public static Process Start(string file, params string[] arguments)
    {
        var start = new ProcessStartInfo(file);
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    /// <summary>Runs a program to its end and waits for its end to be told; its executions.</summary>
    public List<ExecutionRecord> Run(string file, params string[] arguments) => Run(file, arguments, out _);

    public List<ExecutionRecord> Run(string file, string[] arguments, out int exitCode)
    {
        using var process = Start(file, arguments);
        process.WaitForExit();
        exitCode = process.ExitCode;
        var pid = process.Id;
        Kernel.Until(() => Kernel.HasEnded(pid));
        return Kernel.Executions(pid);
    }

    /// <summary>Every execution whose arguments hold a text.</summary>
    public List<ExecutionRecord> Find(string argument) =>
        [.. Kernel.OfKind(RecordLayouts.Exec).Select(record => (int)record.Header.Pid).Distinct().SelectMany(Kernel.Executions).Where(exec => exec.ArgumentList.Contains(argument))];

    /// <summary>Runs a shell script to its end; the one execution in it that had such an argument.</summary>
    public ExecutionRecord Shell(string script, string argument, Func<ExecutionRecord, bool>? wanted = null, Action? meanwhile = null)
    {
        using var process = Start("/bin/sh", "-c", script);
        meanwhile?.Invoke();
        process.WaitForExit();
        ExecutionRecord? Found() => Find(argument).FirstOrDefault(exec => exec.ArgumentList[^1] == argument && exec.ArgumentList.Length <= 3 || wanted is not null && wanted(exec));
        Kernel.Until(() => Found() is not null);
        return Found()!;
    }

    public void Dispose()
    {
        Kernel.Dispose();
        try
        {
            Directory.Delete(Path, true);
        }
        catch (IOException)
        {
            // A mount that a failed test left; the next start of the machine takes it.
        }
    }
}
