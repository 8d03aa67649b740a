namespace Skep.Agent.KernelTests.Compatibility;

/// <summary>What a trigger has at hand: a directory of its own, the engine, and whether the policy acts.</summary>
sealed class Scene : IDisposable
{
    public Scene(bool enforces)
    {
        Enforces = enforces;
        // Before any policy is in force, which may forbid it.
        System.IO.Directory.CreateDirectory(Directory);
    }

    /// <summary>A directory of its own.</summary>
    public string Directory { get; } = $"/tmp/skep-scene-{Environment.ProcessId}-{Guid.NewGuid():n}";

    public RunningEngine Engine { get; set; } = null!;

    /// <summary>Whether the policy is in force with its actions; outside of a test's own machine it only monitors.</summary>
    public bool Enforces { get; }

    public string File(string name, string content = "")
    {
        var path = Path.Combine(Directory, name);
        System.IO.File.WriteAllText(path, content);
        return path;
    }

    /// <summary>A program at a path that a policy names: a copy of another one where there is none.</summary>
    public static void Provide(string path, string copyOf)
    {
        if (System.IO.File.Exists(path))
        {
            // A link leads to a program with another path.
            if (System.IO.File.ResolveLinkTarget(path, returnFinalTarget: false) is null) return;
            System.IO.File.Delete(path);
        }
        System.IO.File.Copy(copyOf, path);
    }

    /// <summary>Where the policy acts, the process must have been killed.</summary>
    public void ExpectKilled(ChildProcess child)
    {
        if (child.WasKilled != Enforces) throw new InvalidOperationException($"the process {(Enforces ? "was not killed" : "was killed")}: {child.Status} {child.Output} {child.Errors}");
    }

    /// <summary>Where the policy acts, the command must have failed with an error.</summary>
    public void ExpectRefused(ChildProcess child, string error = "not permitted")
    {
        var isRefused = child.Errors.Contains(error, StringComparison.Ordinal);
        if (isRefused != Enforces) throw new InvalidOperationException($"the command {(Enforces ? "was not refused" : "was refused")}: {child.Status} {child.Output} {child.Errors}");
    }

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);
}
