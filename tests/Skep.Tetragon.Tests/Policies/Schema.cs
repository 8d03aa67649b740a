using System.Text.Json;

namespace Skep.Tetragon.Tests.Policies;

/// <summary>The published schema of TracingPolicy, where SKEP_CORPUS names a copy of it.</summary>
static class Schema
{
    static string? File => Environment.GetEnvironmentVariable("SKEP_CORPUS") is { } corpus ? Path.Combine(corpus, "tetragon", "crds", "tracingpolicy-cilium.io.json") : null;

    /// <summary>Its root; null without a copy.</summary>
    public static JsonElement? Root => File is { } file && System.IO.File.Exists(file) ? JsonDocument.Parse(System.IO.File.ReadAllBytes(file)).RootElement : null;

    /// <summary>All fields with their paths: <c>spec.kprobes[].args[].index</c>, and <c>{}</c> for the names of a map.</summary>
    public static IEnumerable<(string Path, JsonElement Type)> Fields(JsonElement type, string path = "")
    {
        if (type.TryGetProperty("properties", out var properties))
        {
            foreach (var property in properties.EnumerateObject())
            {
                var inner = path.Length == 0 ? property.Name : $"{path}.{property.Name}";
                yield return (inner, property.Value);
                foreach (var field in Fields(property.Value, inner)) yield return field;
            }
        }
        if (type.TryGetProperty("items", out var items))
        {
            foreach (var field in Fields(items, path + "[]")) yield return field;
        }
        if (type.TryGetProperty("additionalProperties", out var values) && values.ValueKind == JsonValueKind.Object)
        {
            foreach (var field in Fields(values, path + "{}")) yield return field;
        }
    }

    /// <summary>The words of a type, or of a list's items.</summary>
    public static IReadOnlyList<string> WordsOf(JsonElement type)
    {
        if (type.TryGetProperty("items", out var items)) return WordsOf(items);
        return type.TryGetProperty("enum", out var words) ? [.. words.EnumerateArray().Select(w => w.GetString()!)] : [];
    }

    /// <summary>A document, as JSON, that has every field of a type; of words the one with a number.</summary>
    public static string Example(JsonElement type, int number)
    {
        if (WordsOf(type) is { Count: > 0 } words && !type.TryGetProperty("items", out _)) return $"\"{words[number % words.Count]}\"";
        if (type.TryGetProperty("items", out var items)) return $"[{Example(items, number)}]";
        if (type.TryGetProperty("properties", out var properties)) return $"{{{string.Join(',', properties.EnumerateObject().Select(p => $"\"{p.Name}\":{Example(p.Value, number)}"))}}}";
        if (type.TryGetProperty("additionalProperties", out var values) && values.ValueKind == JsonValueKind.Object) return $"{{\"name\":{Example(values, number)}}}";
        return type.TryGetProperty("type", out var name) ? name.GetString() switch
        {
            "boolean" => "true",
            "integer" => "1",
            "object" => "{}",
            _ => "\"a1\"",
        } : "1";
    }
}
