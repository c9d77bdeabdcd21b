using Microsoft.Extensions.Options;

namespace Grpc.AspNetCore.Server;

/// <summary>Refuses limits that no message could meet.</summary>
internal sealed class GrpcServiceOptionsValidator : IValidateOptions<GrpcServiceOptions>
{
    public ValidateOptionsResult Validate(string? name, GrpcServiceOptions options)
    {
        List<string> errors = [];
        if (options.MaxReceiveMessageSize < 0)
        {
            errors.Add($"{nameof(options.MaxReceiveMessageSize)} is {options.MaxReceiveMessageSize}; it is a number of bytes, or null for no limit.");
        }

        if (options.MaxSendMessageSize < 0)
        {
            errors.Add($"{nameof(options.MaxSendMessageSize)} is {options.MaxSendMessageSize}; it is a number of bytes, or null for no limit.");
        }

        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }
}
