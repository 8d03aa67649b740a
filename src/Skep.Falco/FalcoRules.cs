using Skep.Engine.Rules;
using Skep.Falco.Loading;

namespace Skep.Falco;

/// <summary>The rules of some files, loaded one after the other: later files change what earlier ones define.</summary>
public sealed class FalcoRules
{
    FalcoRules(IReadOnlyList<FalcoRule> rules, IReadOnlyList<FalcoFileResult> results)
    {
        (Rules, Results) = (rules, results);
        Diagnostics = [.. results.SelectMany(r => r.Errors.Concat(r.Warnings)).Select(i => i.Diagnostic)];
    }

    /// <summary>The rules in the order of their first definition; none when a file is wrong.</summary>
    public IReadOnlyList<FalcoRule> Rules { get; }

    /// <summary>What became of each file. Files after one that is wrong are not looked at.</summary>
    public IReadOnlyList<FalcoFileResult> Results { get; }

    /// <summary>All that is wrong or odd, as file:line:column.</summary>
    public IReadOnlyList<Diagnostic> Diagnostics { get; }

    /// <summary>Whether a file is wrong.</summary>
    public bool HasErrors => Results.Any(r => !r.Successful);

    /// <summary>Loads files in order.</summary>
    public static FalcoRules Load(IEnumerable<FalcoSource> files, FalcoLoadOptions? options = null)
    {
        options ??= new();
        var collector = new RuleCollector();
        var results = new List<FalcoFileResult>();
        var said = new HashSet<(FalcoCode, string, FalcoLocation)>();
        IReadOnlyList<FalcoRule> rules = [];
        foreach (var file in files)
        {
            var result = new FalcoFileResult(file.Name);
            results.Add(result);
            RuleFileReader.Read(new(file.Name, file.Text), collector, result);
            if (!result.Successful) return new([], results);
            (rules, var issues) = RuleCompiler.Compile(collector, options);
            foreach (var issue in issues)
            {
                // What was said about an earlier file is not said again.
                if (said.Add((issue.Code, issue.Message, issue.Locations[^1] with { Offset = 0 })) || issue.IsError) result.Add(issue);
            }
            if (!result.Successful) return new([], results);
        }
        if (!ArePluginsThere(collector, results)) return new([], results);
        foreach (var selection in options.Selections)
        {
            foreach (var rule in rules.Where(selection.Covers)) rule.Enabled = selection.Enable;
        }
        return new(rules, results);
    }

    /// <summary>Reads files and loads them in order. A folder stands for its <c>.yaml</c> and <c>.yml</c> files in alphabetical order.</summary>
    public static FalcoRules LoadFiles(IEnumerable<string> paths, FalcoLoadOptions? options = null)
    {
        var sources = new List<FalcoSource>();
        foreach (var path in paths)
        {
            try
            {
                if (!Directory.Exists(path)) sources.Add(new(path, File.ReadAllText(path)));
                else sources.AddRange(FilesIn(path).Select(f => new FalcoSource(f, File.ReadAllText(f))));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                var result = new FalcoFileResult(path);
                result.Add(LoadContext.Of(new(path, "")).Issue(FalcoCode.FileRead, e.Message));
                return new([], [.. Load(sources, options).Results, result]);
            }
        }
        return Load(sources, options);
    }

    static IEnumerable<string> FilesIn(string folder) =>
        Directory.EnumerateFiles(folder).Where(f => f.EndsWith(".yaml", StringComparison.Ordinal) || f.EndsWith(".yml", StringComparison.Ordinal)).Order(StringComparer.Ordinal);

    static bool ArePluginsThere(RuleCollector collector, List<FalcoFileResult> results)
    {
        var all = true;
        foreach (var requirement in collector.Plugins)
        {
            if (requirement.Alternatives.Any(a => FalcoVersion.Plugins.TryGetValue(a.Name, out var version) && version.Satisfies(a.Version))) continue;
            all = false;
            var result = results.Last(r => r.Name == requirement.Context.File.Name);
            result.Add(requirement.Context.Issue(FalcoCode.Validate, $"Plugin requirement not satisfied, must load one of: {requirement}"));
        }
        return all;
    }
}
