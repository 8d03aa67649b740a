using Skep.Engine.Rules;

namespace Skep.Falco.Loading;

/// <summary>Something to say about a rule file.</summary>
/// <param name="Code">What it is.</param>
/// <param name="Message">In words.</param>
/// <param name="Locations">Where, from the file inwards.</param>
/// <param name="Snippet">The line, and a mark below the place.</param>
/// <param name="Diagnostic">The same as file:line:column.</param>
public sealed record FalcoIssue(FalcoCode Code, string Message, IReadOnlyList<FalcoLocation> Locations, string Snippet, Diagnostic Diagnostic)
{
    /// <summary>Whether nothing of the file can be used.</summary>
    public bool IsError => FalcoCodes.IsError(Code);
}
