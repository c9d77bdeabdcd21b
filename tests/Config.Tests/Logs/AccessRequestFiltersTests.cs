using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Logs;
using ManagedOAuth.Contracts.Configuration;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace ManagedOAuth.Config.Tests.Logs;

public sealed class AccessRequestFiltersTests
{
    private static readonly Application s_plain = new() { Id = Guid.NewGuid(), Name = "plain", Domain = "plain.example.com", Aud = "a" };
    private static readonly Application s_portal = s_plain with { Id = Guid.NewGuid(), Type = ApplicationType.McpPortal };

    private static readonly ConfigurationSnapshot s_snapshot = ConfigurationSnapshot.Empty with
    {
        Applications = ConfigurationSnapshot.Empty.Applications.Add(s_plain.Id, s_plain).Add(s_portal.Id, s_portal),
    };

    public static TheoryData<string, string> Asked() => new()
    {
        { "email=a@", "email_part a@" },
        { "email=a@&emailOp=contains", "email_part a@" },
        { "email=a@&emailOp=neq", "not email_part a@" },
        { "email=a@x&emailOp=eq", "email a@x" },
        { "email=a@x&email_exact=true", "email a@x" },
        { "email=a@x&email_exact=true&emailOp=contains", "email a@x" },
        { "email=a@x&email_exact=true&emailOp=neq", "not email a@x" },
        { "email=a@x&email_exact=false", "email_part a@x" },
        { "email_exact=true", "" },
        { "app_type=mcp_portal", $"app_id_any {s_portal.Id}" },
        { "app_type=mcp_portal&app_typeOp=neq", $"not app_id_any {s_portal.Id}" },
        { "app_type=mcp", "app_id_any " },
        { "non_identity=true", "app_id_any " },
        { "non_identity=true&non_identityOp=neq", "" },
        { "non_identity=false", "" },
        { "non_identity=false&non_identityOp=neq", "app_id_any " },
        { "app_uid=1", "app_id 1" },
        { "app_uid=1&app_uidOp=neq", "not app_id 1" },
        { "country_code=ru", "country RU" },
        { "country_code=RU&country_codeOp=neq", "not country RU" },
        { "idp=oidc&idpOp=neq", "not connection oidc" },
        { "idp_id=1&idp_idOp=eq", "idp_id 1" },
        { "ray_id=1&ray_idOp=neq", "not flow_id 1" },
        { "allowed=false&allowedOp=neq", "not allowed false" },
        { "user_id=1", "user_id 1" },
        { "client_id=1&client_idOp=neq", "not client_id 1" },
        { "ip_address=1&ip_addressOp=neq", "not address 1" },
        { "policy_id=1&policy_idOp=neq", "not policy_id 1" },
        { "allowed=true&ray_id=1", "flow_id 1; allowed true" },
        { "page=1&per_page=5&limit=5&direction=asc&since=x&until=x&fields=x", "" },
    };

    [Theory]
    [MemberData(nameof(Asked))]
    public void Filter_AsksForWhatItsNameAndOperatorSay(string query, string expected)
    {
        var (filters, errors) = Read(query);
        Assert.Empty(errors);
        Assert.Equal(expected, filters);
    }

    [Theory]
    [InlineData("country=RU")]
    [InlineData("country_code=RU&country_codeOp=contains")]
    [InlineData("app_type=saas")]
    [InlineData("app_type=mcp&app_typeOp=contains")]
    [InlineData("app_uid=1&app_uidOp=contains")]
    [InlineData("email=x&emailOp=like")]
    [InlineData("emailOp=like")]
    [InlineData("email=x&email_exact=yes")]
    [InlineData("allowed=yes")]
    [InlineData("non_identity=yes")]
    [InlineData("app_name=x")]
    [InlineData("sinceOp=neq")]
    [InlineData("userid=x")]
    public void Filter_ThatIsNone_IsRefused(string query) => Assert.NotEmpty(Read(query).Errors);

    private static (string Filters, List<ApiError> Errors) Read(string query)
    {
        var errors = new List<ApiError>();
        var filters = AccessRequestFilters.Read(new QueryCollection(QueryHelpers.ParseQuery(query)), s_snapshot, errors);
        return (string.Join("; ", filters.Select(filter => $"{(filter.Not ? "not " : "")}{filter.Field} {filter.Value}")), errors);
    }
}
