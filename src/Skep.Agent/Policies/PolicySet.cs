using Skep.Engine.Rules;
using Skep.Tetragon.Policies;

namespace Skep.Agent.Policies;

/// <summary>Policies from files and directories, whatever their dialect, with everything that is to be said about them.</summary>
public sealed class PolicySet
{
    readonly List<Policy> _policies = [];
    readonly List<Diagnostic> _diagnostics = [];
    readonly Dictionary<(string Namespace, string Name), string> _files = [];

    PolicySet()
    {
    }

    /// <summary>The policies of files without errors.</summary>
    public IReadOnlyList<Policy> Policies => _policies;

    /// <summary>Errors, unsupported hooks and warnings, by file.</summary>
    public IReadOnlyList<Diagnostic> Diagnostics => _diagnostics;

    /// <summary>Whether nothing must be loaded: some file has an error, or a hook that is not supported although everything is asked for.</summary>
    public bool IsRefused(bool bestEffort) => _diagnostics.Any(d => d.Severity == Severity.Error || (d.Severity == Severity.Unsupported && !bestEffort));

    /// <summary>Reads files, and of directories what <see cref="PolicyFiles"/> finds.</summary>
    /// <param name="paths">Files and directories.</param>
    /// <param name="optional">Directories that need not exist, nor have anything in them.</param>
    public static PolicySet Load(IEnumerable<string> paths, IEnumerable<string>? optional = null)
    {
        ArgumentNullException.ThrowIfNull(paths);
        var set = new PolicySet();
        foreach (var path in paths)
        {
            if (!Directory.Exists(path))
            {
                set.Add(path);
                continue;
            }
            var found = PolicyFiles.In(path);
            if (found.Files.Count == 0) set._diagnostics.Add(new Diagnostic(Severity.Warning, "there is no .yaml file in this directory", path, 1, 1));
            foreach (var file in found.Files) set.Add(file);
        }
        foreach (var file in (optional ?? []).SelectMany(path => PolicyFiles.In(path).Files)) set.Add(file);
        return set;
    }

    void Add(string file)
    {
        var read = TracingPolicyFile.Load(file);
        _diagnostics.AddRange(read.Diagnostics);
        foreach (var policy in read.Policies)
        {
            if (_files.TryAdd((policy.Namespace, policy.Name), file)) _policies.Add(policy);
            else _diagnostics.Add(new Diagnostic(Severity.Error, $"a policy '{policy.Name}' comes from {_files[(policy.Namespace, policy.Name)]} already", file, 1, 1));
        }
    }
}
