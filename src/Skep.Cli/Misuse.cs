using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;

namespace Skep.Cli;

/// <summary>A command line that cannot be understood: what is wrong with it, on standard error, and where help is.</summary>
static partial class Misuse
{
    /// <summary>Tells it; false when there is nothing wrong, or when only a verb is missing, which the list of verbs answers best.</summary>
    public static bool TryTell(ParseResult parsed)
    {
        if (parsed.Action is not ParseErrorAction) return false;
        var errors = parsed.Errors.Select(error => error.Message).Distinct().ToList();
        if (errors.Count > 1) errors.RemoveAll(error => error.StartsWith(MissingVerb, StringComparison.Ordinal));
        else if (errors.Count == 1 && errors[0].StartsWith(MissingVerb, StringComparison.Ordinal)) return false;
        foreach (var error in errors) Console.Error.WriteLine($"skep: {Plain(error)}");
        Console.Error.WriteLine($"skep: see {string.Join(' ', Path(parsed.CommandResult).Reverse())} --help");
        return true;
    }

    const string MissingVerb = "Required command was not provided";

    /// <summary>Without names of types, and on one line.</summary>
    static string Plain(string error) => Lines().Replace(TypeName().Replace(error, ""), " ").Trim();

    static IEnumerable<string> Path(SymbolResult? result)
    {
        for (; result is CommandResult command; result = result.Parent) yield return command.Command is RootCommand ? "skep" : command.Command.Name;
    }

    [GeneratedRegex(" as expected type '[^']*'")]
    private static partial Regex TypeName();

    [GeneratedRegex(@"\s*\n\s*")]
    private static partial Regex Lines();
}
