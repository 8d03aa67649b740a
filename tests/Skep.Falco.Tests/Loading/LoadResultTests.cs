using System.Text;
using System.Text.Json;
using Shouldly;
using Skep.Falco.Loading;
using Xunit;

namespace Skep.Falco.Tests.Loading;

public class LoadResultTests
{
    const string Broken = """
        - macro: unused
          condition: evt.type=close
          extra: 1

        - rule: reads
          desc: d
          output: o
          priority: INFO
          condition: >
            evt.type=open and
            proc.nam=cat
        """;

    [Fact]
    public void Text_is_as_Falco_prints_it()
    {
        FalcoRules.Load([new("rules.yaml", Broken)]).Results[0].ToString().ShouldBe("""
            rules.yaml: Invalid
            1 Errors:
            In rules content: (rules.yaml:0:0)
                rule 'reads': (rules.yaml:4:2)
                condition expression: ("evt.type=open and pr...":0:18)
            ------
            evt.type=open and proc.nam=cat
                              ^
            ------
            LOAD_ERR_COMPILE_CONDITION (Error compiling condition): filter_check called with nonexistent field proc.nam
            2 Warnings:
            In rules content: (rules.yaml:0:0)
                macro 'unused': (rules.yaml:0:2)
                key 'extra': (rules.yaml:2:2)
            ------
              extra: 1
              ^
            ------
            LOAD_UNKNOWN_KEY (Unknown key in a rules file item): Unknown key 'extra'. The key will be ignored.
            In rules content: (rules.yaml:0:0)
                macro 'unused': (rules.yaml:0:2)
            ------
            - macro: unused
              ^
            ------
            LOAD_UNUSED_MACRO (Unused macro): Macro not referred to by any other rule/macro

            """);
    }

    [Fact]
    public void Text_says_whether_a_file_is_good()
    {
        FalcoRules.Load([new("rules.yaml", LoadingCase.Rule("@rule a: evt.type=open"))]).Results[0].ToString().ShouldBe("rules.yaml: Ok\n");
        FalcoRules.Load([new("rules.yaml", LoadingCase.Rule("@rule a: proc.name=cat"))]).Results[0].ToString().ShouldStartWith("rules.yaml: Ok, with warnings\n1 Warnings:\n");
    }

    [Fact]
    public void Json_has_the_same()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            LoadResultJson.Write(writer, FalcoRules.Load([new("rules.yaml", Broken)]).Results);
            writer.WriteEndObject();
        }
        using var document = JsonDocument.Parse(Encoding.UTF8.GetString(stream.ToArray()));

        var result = document.RootElement.GetProperty("falco_load_results")[0];
        result.GetProperty("name").GetString().ShouldBe("rules.yaml");
        result.GetProperty("successful").GetBoolean().ShouldBeFalse();
        result.GetProperty("schema_valid").GetString().ShouldBe("failed");
        result.GetProperty("warnings").GetArrayLength().ShouldBe(2);
        var error = result.GetProperty("errors")[0];
        error.GetProperty("code").GetString().ShouldBe("LOAD_ERR_COMPILE_CONDITION");
        var locations = error.GetProperty("context").GetProperty("locations");
        locations.GetArrayLength().ShouldBe(3);
        locations[1].GetProperty("item_type").GetString().ShouldBe("rule");
        locations[1].GetProperty("item_name").GetString().ShouldBe("reads");
        locations[1].GetProperty("position").GetProperty("line").GetInt32().ShouldBe(4);
        locations[1].GetProperty("position").GetProperty("offset").GetInt32().ShouldBe(Broken.IndexOf("rule: reads", StringComparison.Ordinal));
    }

    [Fact]
    public void Schema_validation_never_keeps_a_file_from_loading()
    {
        var rules = FalcoRules.Load([new("rules.yaml", LoadingCase.Rule("@rule a: evt.type=open") + "\n  capture: 'yes'\n")]);

        rules.HasErrors.ShouldBeFalse();
        rules.Results[0].SchemaValidation.ShouldBe("failed");
        rules.Results[0].SchemaWarnings.ShouldHaveSingleItem().ShouldContain("capture");
    }

    [Fact]
    public void Diagnostics_are_file_line_and_column()
    {
        FalcoRules.Load([new("rules.yaml", Broken)]).Diagnostics[0].ToString()
            .ShouldBe("rules.yaml:11:5: error: rule 'reads': filter_check called with nonexistent field proc.nam [LOAD_ERR_COMPILE_CONDITION]");
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_an_error()
    {
        var rules = FalcoRules.LoadFiles(["/nonexistent/rules.yaml"]);

        rules.HasErrors.ShouldBeTrue();
        rules.Results[0].Errors[0].Code.ShouldBe(FalcoCode.FileRead);
    }

    [Fact]
    public void A_folder_stands_for_its_files_in_order()
    {
        var folder = Directory.CreateTempSubdirectory("skep-falco-");
        try
        {
            File.WriteAllText(Path.Combine(folder.FullName, "b.yml"), LoadingCase.Rule("@rule second: opened"));
            File.WriteAllText(Path.Combine(folder.FullName, "a.yaml"), "- macro: opened\n  condition: evt.type=open\n");
            File.WriteAllText(Path.Combine(folder.FullName, "README.md"), "no rules");

            var rules = FalcoRules.LoadFiles([folder.FullName]);

            rules.HasErrors.ShouldBeFalse();
            rules.Rules.ShouldHaveSingleItem().Name.ShouldBe("second");
            rules.Results.Count.ShouldBe(2);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Warnings_of_an_earlier_file_are_not_repeated()
    {
        var rules = FalcoRules.Load([new("one.yaml", "- list: a\n  items: [x]\n"), new("two.yaml", "- list: b\n  items: [x]\n")]);

        rules.Results[0].Warnings.ShouldHaveSingleItem().Diagnostic.File.ShouldBe("one.yaml");
        rules.Results[1].Warnings.ShouldHaveSingleItem().Diagnostic.File.ShouldBe("two.yaml");
    }
}
