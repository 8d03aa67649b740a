using Shouldly;
using Xunit;

namespace Skep.Tetragon.Tests.Policies;

/// <summary>Policies of each kind of hook and what becomes of them, beside each other in <c>vectors/policies/good</c>.</summary>
public class GoodPolicyTests
{
    public static IEnumerable<object[]> Vectors => PolicyVectors.Names("good").Select(n => new object[] { n });

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Good_policy_becomes_the_rules_beside_it(string name)
    {
        var file = PolicyVectors.Parse(PolicyVectors.Text($"good/{name}"));

        file.Diagnostics.ShouldBeEmpty();
        string.Concat(file.Policies.Select(RuleText.Of)).ShouldBe(PolicyVectors.Text($"good/{Path.ChangeExtension(name, ".rules")}"));
    }
}
