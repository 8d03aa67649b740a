using Skep.Yaml;

namespace Skep.Tetragon.Policies.Model;

/// <summary>An entry of <c>options</c>.</summary>
sealed record OptionSpec(Located<string> Name, Located<string>? Value);
