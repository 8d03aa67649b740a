using Skep.Yaml;

namespace Skep.Tetragon.Policies.Model;

/// <summary>An entry of <c>enforcers</c>.</summary>
sealed record EnforcerSpec(Position At, IReadOnlyList<Located<string>> Calls);
