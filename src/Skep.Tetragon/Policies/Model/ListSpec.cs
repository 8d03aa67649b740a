using Skep.Yaml;

namespace Skep.Tetragon.Policies.Model;

/// <summary>An entry of <c>lists</c>.</summary>
sealed record ListSpec(Position At, Located<string> Name, string Type, IReadOnlyList<Located<string>> Values, Located<string>? Pattern)
{
    public const string Syscalls = "syscalls";
    public const string GeneratedSyscalls = "generated_syscalls";
    public const string GeneratedFunctions = "generated_ftrace";
}
