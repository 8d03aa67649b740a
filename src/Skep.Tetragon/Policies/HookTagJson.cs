using System.Text.Json.Serialization;

namespace Skep.Tetragon.Policies;

/// <summary>Compiled, so that nothing is lost when the binary is trimmed.</summary>
[JsonSourceGenerationOptions(UseStringEnumConverter = true)]
[JsonSerializable(typeof(HookTag))]
sealed partial class HookTagJson : JsonSerializerContext;
