using System.Text.Json;

namespace Skep.Falco.Loading;

/// <summary>Writes results as <c>falco -V</c> does with JSON asked for; keys in alphabetical order.</summary>
public static class LoadResultJson
{
    /// <summary>Writes <c>"falco_load_results":[…]</c> into an object.</summary>
    public static void Write(Utf8JsonWriter json, IEnumerable<FalcoFileResult> results)
    {
        json.WriteStartArray("falco_load_results");
        foreach (var result in results) Write(json, result);
        json.WriteEndArray();
    }

    static void Write(Utf8JsonWriter json, FalcoFileResult result)
    {
        json.WriteStartObject();
        Write(json, "errors", result.Errors);
        json.WriteString("name", result.Name);
        json.WriteString("schema_valid", result.SchemaValidation);
        json.WriteStartArray("schema_warnings");
        foreach (var warning in result.SchemaWarnings) json.WriteStringValue(warning);
        json.WriteEndArray();
        json.WriteBoolean("successful", result.Successful);
        Write(json, "warnings", result.Warnings);
        json.WriteEndObject();
    }

    static void Write(Utf8JsonWriter json, string name, IReadOnlyList<FalcoIssue> issues)
    {
        json.WriteStartArray(name);
        foreach (var issue in issues)
        {
            json.WriteStartObject();
            json.WriteString("code", FalcoCodes.NameOf(issue.Code));
            json.WriteString("codedesc", FalcoCodes.DescriptionOf(issue.Code));
            json.WriteStartObject("context");
            json.WriteStartArray("locations");
            foreach (var location in issue.Locations) Write(json, location);
            json.WriteEndArray();
            json.WriteString("snippet", issue.Snippet);
            json.WriteEndObject();
            json.WriteString("message", issue.Message);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    static void Write(Utf8JsonWriter json, FalcoLocation location)
    {
        json.WriteStartObject();
        json.WriteString("item_name", location.ItemName);
        json.WriteString("item_type", location.ItemType);
        json.WriteStartObject("position");
        json.WriteNumber("column", location.Column);
        json.WriteNumber("line", location.Line);
        json.WriteString("name", location.Name);
        json.WriteNumber("offset", location.Offset);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
