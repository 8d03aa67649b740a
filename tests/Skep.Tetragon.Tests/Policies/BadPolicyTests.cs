using Shouldly;
using Skep.Engine.Rules;
using Skep.Tetragon.Policies;
using Xunit;

namespace Skep.Tetragon.Tests.Policies;

/// <summary>The first line of a vector says all that is to be said about it: <c># expect 8:11 error: message | …</c>.</summary>
public class BadPolicyTests
{
    const string Expect = "# expect ";

    public static IEnumerable<object[]> Vectors => PolicyVectors.Names("bad").Select(n => new object[] { n });

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Bad_policy_is_told_where_and_why(string name)
    {
        var bytes = PolicyVectors.Bytes($"bad/{name}");
        var first = PolicyVectors.Text($"bad/{name}").Split('\n')[0];
        first.ShouldStartWith(Expect);

        var file = PolicyVectors.Load(bytes);

        var actual = file.Diagnostics.Select(d => $"{d.Line}:{d.Column} {d.ToString().Split(": ", 2)[1]}");
        string.Join("\n", actual).ShouldBe(first[Expect.Length..].Replace(" | ", "\n"));
        if (file.HasErrors) file.Policies.ShouldBeEmpty();
    }

    [Fact]
    public void Vectors_are_there() => Vectors.Count().ShouldBeGreaterThan(60);

    [Fact]
    public void Diagnostic_prints_as_compilers_do()
    {
        new Diagnostic(Severity.Error, "no", "a.yaml", 3, 7).ToString().ShouldBe("a.yaml:3:7: error: no");
        new Diagnostic(Severity.Unsupported, "no", "a.yaml", 3, 7).ToString().ShouldBe("a.yaml:3:7: unsupported: no");
    }

    [Fact]
    public void File_of_no_bytes_is_told_so() =>
        PolicyVectors.Load([]).Diagnostics.ShouldHaveSingleItem().Message.ShouldContain("empty");

    [Fact]
    public void File_that_is_not_there_is_told_so() =>
        TracingPolicyFile.Load("/no/such/file.yaml").Diagnostics.ShouldHaveSingleItem().Message.ShouldContain("cannot be read");

    [Fact]
    public void File_beyond_the_limit_is_refused() =>
        PolicyVectors.Load(new byte[TracingPolicyFile.LargestFile + 1]).Diagnostics.ShouldHaveSingleItem().Message.ShouldBe("larger than 8 MB");

    [Fact]
    public void Mistakes_without_end_are_cut()
    {
        var file = PolicyVectors.Parse(OnePolicy.Around("kprobes:\n" + string.Concat(Enumerable.Repeat("- a: 1\n", 100_000))));

        file.Diagnostics.Count.ShouldBeLessThan(1100);
        file.Diagnostics.ShouldContain(d => d.Message.Contains("too many mistakes"));
    }

    [Fact]
    public void Lists_that_multiply_are_stopped()
    {
        var hooks = string.Concat(Enumerable.Repeat("- {call: \"list:l\"}\n", 20_000));

        var file = PolicyVectors.Parse(OnePolicy.Around($"lists:\n- {{name: l, values: [{string.Join(", ", Enumerable.Range(0, 20_000).Select(i => $"f{i}"))}]}}\nkprobes:\n{hooks}"));

        file.Diagnostics.ShouldContain(d => d.Message.Contains("expand to more than"));
        file.Policies.ShouldBeEmpty();
    }
}
