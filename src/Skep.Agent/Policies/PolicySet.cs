using Skep.Engine.Rules;
using Skep.Falco;
using Skep.Tetragon.Policies;

namespace Skep.Agent.Policies;

/// <summary>Policies from files and directories, whatever their dialect, with everything that is to be said about them.</summary>
public sealed class PolicySet
{
    readonly List<Policy> _policies = [];
    readonly List<Diagnostic> _diagnostics = [];
    readonly Dictionary<(string Namespace, string Name), string> _files = [];
    readonly List<FalcoSource> _ruleFiles = [];

    PolicySet()
    {
    }

    /// <summary>The policies of files without errors.</summary>
    public IReadOnlyList<Policy> Policies => _policies;

    /// <summary>Falco's rules, in the order in which they are looked at; empty when no file has any.</summary>
    public FalcoRules? Rules { get; private set; }

    /// <summary>What the kernel is asked for on their behalf, which is among <see cref="Policies"/>.</summary>
    public FalcoPlan? RulePlan { get; private set; }

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
        set.AddRules();
        return set;
    }

    /// <summary>A file of rules is a sequence, one of TracingPolicies has mappings.</summary>
    static bool HoldsRules(string text)
    {
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            var words = line.Trim("\ufeff \t");
            // The start of a document may have its first node behind it.
            if (words.StartsWith("---")) words = words[3..].TrimStart();
            if (words.IsEmpty || words[0] is '#' or '%' || words.SequenceEqual("...")) continue;
            return words[0] == '[' || words.SequenceEqual("-") || words.StartsWith("- ");
        }
        return false;
    }

    void AddRules()
    {
        if (_ruleFiles.Count == 0) return;
        Rules = FalcoRules.Load(_ruleFiles);
        _diagnostics.AddRange(Rules.Diagnostics);
        if (Rules.HasErrors) return;
        RulePlan = FalcoPlan.Create(Rules.Rules);
        _diagnostics.AddRange(RulePlan.Diagnostics);
        foreach (var field in RulePlan.NeverRead) _diagnostics.Add(new Diagnostic(Severity.Warning, $"field '{field.Name}' has no value here: checks of it are false, outputs show <NA>", _ruleFiles[0].Name, 1, 1));
        if (RulePlan.Policy is { } policy) _policies.Add(policy);
    }

    void Add(string file)
    {
        var unreadable = TracingPolicyFile.ReadText(file, out var text);
        if (unreadable is null && HoldsRules(text))
        {
            _ruleFiles.Add(new FalcoSource(file, text));
            return;
        }
        var read = unreadable ?? TracingPolicyFile.Parse(text, file);
        _diagnostics.AddRange(read.Diagnostics);
        foreach (var policy in read.Policies)
        {
            if (_files.TryAdd((policy.Namespace, policy.Name), file)) _policies.Add(policy);
            else _diagnostics.Add(new Diagnostic(Severity.Error, $"a policy '{policy.Name}' comes from {_files[(policy.Namespace, policy.Name)]} already", file, 1, 1));
        }
    }
}
